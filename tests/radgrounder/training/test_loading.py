"""What a training script starts from: the dtype that TRL's options name, and the processor of the folder."""

import pytest
import torch
from trl import ModelConfig

from radgrounder.training.loading import load_trained
from tests.fixtures.tiny_models import save_nano


def test_model_and_processor_are_those_of_the_folder_in_the_dtype_asked_for(tmp_path):
    folder = save_nano(tmp_path / "nano")
    for name, dtype in (("float32", torch.float32), ("bfloat16", torch.bfloat16)):
        options = ModelConfig(model_name_or_path=str(folder), dtype=name)
        model, processor = load_trained(options, trust_remote_code=False)
        assert next(model.parameters()).dtype == dtype and processor.image_token_id == model.config.image_token_id


def test_a_run_without_a_model_is_refused():
    with pytest.raises(ValueError, match="--model_name_or_path"):
        load_trained(ModelConfig(), trust_remote_code=False)
