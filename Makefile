# make demo   a synthetic hospital → dataset → model → table of results → a page to try it on (SERVE=0: no page)
#             another hospital: make demo DEMO=build/demo-head SITE=B REGIONS=head_mr
#             RECIPE=stock: by the stock `trl sft`, an answer a sample; make demo-recipes: both, side by side
# make quick  after each save · make test   all tests · make style   what CI holds us to
# make bench  measurements, docs/performance.md · make base   pretrain the nano · make masks  a mask head for it, judged
# make contrast  its vision tower taught by sentences, judged · make contrast-ab  a model trained behind it, and before it

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DEMO := build/demo
RECIPE ?= packed
ifeq ($(filter stock packed,$(RECIPE)),)
$(error RECIPE=$(RECIPE) is no recipe of the demo. Choose stock or packed)
endif
RUN := $(if $(filter packed,$(RECIPE)),$(DEMO),$(DEMO)/$(RECIPE))
BASE := sft/bases/nano
BASE_RESULTS := build/base-results
SITE ?= C
REGIONS ?= pelvis_mr
# 150 patients would be drawn, built and trained on for longer than a demo may take
PATIENTS ?= 60
# by docs/results/training.json both take about as many minutes; `make demo-recipes` prints what they took
STEPS ?= $(if $(filter packed,$(RECIPE)),120,80)
RATE ?= $(if $(filter packed,$(RECIPE)),2e-3,1e-3)
LIMIT ?= 40
SERVE ?= 1
# the demo keeps the last step; a real run keeps the best checkpoint on validation patients, as the recipe says
QUICK := --eval_strategy no --save_strategy no --load_best_model_at_end false
PORT ?= 7860

export HF_HUB_OFFLINE := 1
export HF_HOME ?= $(CURDIR)/build/hf-home
export TOKENIZERS_PARALLELISM := false
export PYTHONWARNINGS := ignore::UserWarning,ignore::DeprecationWarning
# glibc returns memory to the system between steps otherwise; training is 2 to 4 times slower then (facts measured by `make bench`)
export MALLOC_MMAP_MAX_ := 0
export MALLOC_TRIM_THRESHOLD_ := 1000000000000
export MALLOC_TOP_PAD_ := 268435456

.PHONY: demo demo-recipes quick test segmenter fuzz bench bench-large ablations vqa-rad results trust style masks masks-picture masks-text contrast contrast-ab base base-boxless base-calibrate base-results base-again interventions volumes install
.DELETE_ON_ERROR:

install: $(BIN)/.installed

$(BIN)/.installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --upgrade pip
	$(BIN)/pip install --quiet torch==2.13.0
	$(BIN)/pip install --quiet --constraint constraints.txt --editable '.[build,sft,space,dev]'
	touch $@

# --- demo ---------------------------------------------------------------------------------------------------------

demo: $(DEMO)/sheet.png $(RUN)/results.json
	@$(BIN)/radgrounder compare $(DEMO)/eval-before $(RUN)/eval
ifneq ($(SERVE),0)
	$(BIN)/python space/app.py --model $(RUN)/model --port $(PORT)
endif

# both recipes: what each changes, packed against stock, and what each took to get there
demo-recipes:
	$(MAKE) demo SERVE=0 RECIPE=packed
	$(MAKE) demo SERVE=0 RECIPE=stock
	$(BIN)/radgrounder compare $(DEMO)/stock/eval $(DEMO)/eval --out $(DEMO)/recipes/changes.json
	$(BIN)/python -m tests.bench.recipes $(DEMO)

$(DEMO)/hospital: $(BIN)/.installed
	rm -rf $@.tmp $@
	$(BIN)/refrad2d phantom $@.tmp --patients $(PATIENTS) --seed 7 --site $(SITE) --regions $(REGIONS)
	mv $@.tmp $@

# a fixed key gives the same pseudonyms and splits everywhere; a hospital lets the build make its own
$(DEMO)/demo.key:
	mkdir -p $(DEMO)
	printf '%064d\n' 7 > $@

# the phantom writes nothing into its pixels; on a real export leave --burnt-in-text out, reading them is the default
$(DEMO)/dataset/manifest.json: $(DEMO)/hospital $(DEMO)/demo.key
	rm -rf $(@D)
	$(BIN)/refrad2d build $(DEMO)/hospital/dicom --reports $(DEMO)/hospital/reports.csv --masks $(DEMO)/hospital/masks \
		--out $(@D) --key-file $(DEMO)/demo.key --site $(SITE) --offline --burnt-in-text keep

# seconds after the build: slices with boxes and sentences to look at while the model is trained
$(DEMO)/sheet.png: $(DEMO)/dataset/manifest.json
	$(BIN)/refrad2d draw $(<D) $@ --rows 12

# hours: the shipped weights from nothing; a killed run goes on (`make base` again), and so does one in pieces, by
# MINUTES=55, which ends with 75 until it is done
MINUTES ?= 0
base: build/base/nano

build/base/nano: $(BIN)/.installed
	mkdir -p build/base
	$(BIN)/radgrounder pretrain $@ --regions all --leave-out pelvis_mr --sites A B C --image 144 --patch 12 --width 160 \
		--tower-layers 6 --decoder-layers 4 --pool 24576 --pool-folder build/base/pool --tower-steps 9000 \
		--packed-steps 7700 --rate 1.1e-3 --seeing 0.25 --steps 60 --locate-share 0.4 --report-share 0.3 --curves 0.3 \
		--precision bfloat16 --minutes $(MINUTES)

# for `make ablations`: two bases of one size, steps and pool, abdomen of site B in English, with boxes and without
TWINS := build/twins
TWIN := --regions abdomen_ct --sites B --language en --pool 4096 --pool-folder $(TWINS)/pool --workers 1 --threads 1 \
	--image 96 --patch 12 --width 128 --tower-layers 3 --decoder-layers 2 --vocabulary 1024 --precision bfloat16 \
	--tower-steps 600 --packed-steps 600 --packed-images 8 --packed-budget 160 --steps 40 --minutes $(MINUTES)
base-boxless: $(TWINS)/boxed $(TWINS)/boxless

$(TWINS)/boxed: $(BIN)/.installed
	mkdir -p $(TWINS)
	$(BIN)/radgrounder pretrain $@ $(TWIN)

$(TWINS)/boxless: $(TWINS)/boxed
	$(BIN)/radgrounder pretrain $@ $(TWIN) --boxless

# what BASE reaches on new patients of site A, beside its controls
base-results: $(BASE_RESULTS)/results.json
	@cat $(BASE_RESULTS)/table.md

# does the base look? the causal tests of docs/evaluation.md, on the regions that it knows, so many patients of them
LOOKED ?= 126
interventions: build/interventions/interventions/results.json

build/interventions/interventions/results.json: $(BASE)/model.safetensors
	$(BIN)/radgrounder eval --model $(BASE) --interventions --patients $(LOOKED) --report-samples 1 \
		--regions abdomen_ct torso_ct chest_ct neck_ct pelvis_ct head_ct head_mr abdomen_mr spine_mr \
		--batch-size 64 --out build/interventions

# whole structures in 3D on new patients of all sites: three hospitals in one export
VOLUMES := build/volumes
volumes: $(VOLUMES)/eval/results.json
	@cat $(VOLUMES)/eval/table.md

$(VOLUMES)/hospital: $(BIN)/.installed
	rm -rf $@.tmp $@
	mkdir -p $@.tmp/dicom $@.tmp/masks
	for site in A:31 B:32 C:33; do \
		$(BIN)/refrad2d phantom $@.tmp/one --patients 40 --seed $${site#*:} --site $${site%:*} \
			--regions abdomen_ct chest_ct pelvis_ct abdomen_mr || exit 1; \
		for part in dicom masks; do mv $@.tmp/one/$$part $@.tmp/$$part/$${site%:*}; done; \
		tail -n +$$([ -e $@.tmp/reports.csv ] && echo 2 || echo 1) $@.tmp/one/reports.csv >> $@.tmp/reports.csv; \
		rm -r $@.tmp/one; \
	done
	mv $@.tmp $@

$(VOLUMES)/dataset/manifest.json: $(VOLUMES)/hospital
	rm -rf $(@D)
	printf '%064d\n' 9 > $(VOLUMES)/key
	$(BIN)/refrad2d build $</dicom --reports $</reports.csv --masks $</masks --out $(@D) --key-file $(VOLUMES)/key \
		--offline --burnt-in-text keep

$(VOLUMES)/eval/results.json: $(VOLUMES)/dataset/manifest.json $(BASE)/model.safetensors $(CALIBRATION)
	$(BIN)/radgrounder eval --model $(BASE) --benchmark volumes --data $(VOLUMES)/dataset --out $(@D) --batch-size 64 \
		--limit 16

# does `make base` give the shipped weights' figures? both on the same slices, with the paired difference of each
base-again: build/base/nano build/base-results/results.json
	$(MAKE) base-calibrate BASE=$< BASE_RESULTS=build/base-again
	$(MAKE) base-results BASE=$< BASE_RESULTS=build/base-again
	$(BIN)/radgrounder compare build/base-results build/base-again

$(BASE_RESULTS)/heldout: $(BIN)/.installed
	mkdir -p $(BASE_RESULTS)
	rm -rf $@
	$(BIN)/radgrounder heldout $@ --sites A --regions all --leave-out pelvis_mr --patients 90

# fitted on validation patients; calibration.json goes with the weights, and figures are measured with it
base-calibrate: $(BASE_RESULTS)/heldout
	$(BIN)/radgrounder calibrate $(BASE) --data $< --limit 3000 --batch-size 64

CALIBRATION := $(wildcard $(BASE)/calibration.json)
$(BASE_RESULTS)/results.json: $(BASE_RESULTS)/heldout $(BASE)/model.safetensors $(CALIBRATION)
	$(BIN)/radgrounder eval --model $(BASE) --benchmark refrad2d --data $< --out $(BASE_RESULTS) \
		--batch-size 64 --limit 240 --report-samples 1

$(DEMO)/results-before.json: $(BASE)/model.safetensors $(CALIBRATION) $(DEMO)/dataset/manifest.json
	$(BIN)/radgrounder eval --model $(BASE) --benchmark refrad2d --data $(DEMO)/dataset \
		--out $(DEMO)/eval-before --limit $(LIMIT) --batch-size 64 --report-samples 1
	cp $(DEMO)/eval-before/results.json $@

# stock is TRL's own command, an answer a sample; packed has a picture and its answers as one
$(DEMO)/base: $(BIN)/.installed $(BASE)/model.safetensors
	mkdir -p $(DEMO)
	rm -rf $@
	$(BIN)/radgrounder prepare $(BASE) $@

$(DEMO)/base-packed: $(BIN)/.installed $(BASE)/model.safetensors
	mkdir -p $(DEMO)
	rm -rf $@
	$(BIN)/radgrounder prepare $(BASE) $@ --attention image

$(DEMO)/rows/README.md: $(DEMO)/dataset/manifest.json
	rm -rf $(@D)
	$(BIN)/radgrounder mix cap $(DEMO)/dataset/refrad2d $(@D) --packed --questions 6 --places 6 --absent 2

# what the trainer prints is kept: its last line has the seconds and the epochs
$(RUN)/adapter/adapter_config.json: private SHELL := bash
$(RUN)/adapter/adapter_config.json: private .SHELLFLAGS := -o pipefail -c
ifeq ($(RECIPE),packed)
$(RUN)/adapter/adapter_config.json: $(DEMO)/base-packed $(DEMO)/rows/README.md sft/recipes/nano/packed.yaml
	rm -rf $(@D)
	$(BIN)/python sft/train_packed.py --config sft/recipes/nano/packed.yaml --model_name_or_path $(DEMO)/base-packed \
		--dataset_name $(DEMO)/rows --output_dir $(@D) --max_steps $(STEPS) --learning_rate $(RATE) $(QUICK) \
		| tee $(RUN)/training.log
else
$(RUN)/adapter/adapter_config.json: $(DEMO)/base $(DEMO)/dataset/manifest.json sft/recipes/nano/detection.yaml
	rm -rf $(@D)
	mkdir -p $(RUN)
	$(BIN)/trl sft --config sft/recipes/nano/detection.yaml --model_name_or_path $(DEMO)/base \
		--dataset_name $(DEMO)/dataset/refrad2d --output_dir $(@D) --max_steps $(STEPS) --learning_rate $(RATE) $(QUICK) \
		| tee $(RUN)/training.log
endif

$(RUN)/model: $(RUN)/adapter/adapter_config.json
	rm -rf $@ $@.tmp
	$(BIN)/radgrounder release $(RUN)/adapter $@.tmp
	$(BIN)/radgrounder calibrate $@.tmp --data $(DEMO)/dataset/refrad2d --limit 200
	mv $@.tmp $@

$(RUN)/results.json: $(RUN)/model $(DEMO)/results-before.json
	$(BIN)/radgrounder eval --model $(RUN)/model --benchmark refrad2d --data $(DEMO)/dataset \
		--out $(RUN)/eval --limit $(LIMIT) --batch-size 64 --report-samples 1
	$(BIN)/radgrounder card $(RUN)/model $(RUN)/eval/results.json
	cp $(RUN)/eval/results.json $@

# --- masks ------------------------------------------------------------------------------------------------------------

# a mask head for BASE, from slices of the regions and sites that it was pretrained on, judged on new patients beside
# controls; MASK_PATIENTS of each split, MASK_STEPS of training
MASKS := build/masks
MASK_PATIENTS ?= 120
MASK_STEPS ?= 700
MASK_LIMIT ?= 120

masks: $(MASKS)/judged/masks.md
	@cat $<

$(MASKS)/data: $(BIN)/.installed
	mkdir -p $(MASKS)
	rm -rf $@
	$(BIN)/radgrounder heldout $@ --patients $(MASK_PATIENTS) --like $(BASE)

$(MASKS)/head/mask_head.json: $(MASKS)/data sft/recipes/nano/masks.yaml $(BASE)/model.safetensors
	rm -rf $(@D)
	$(BIN)/python sft/train_masks.py --config sft/recipes/nano/masks.yaml --model_name_or_path $(BASE) \
		--dataset_name $< --output_dir $(@D) --max_steps $(MASK_STEPS) $(QUICK)

$(MASKS)/model: $(MASKS)/head/mask_head.json
	rm -rf $@
	$(BIN)/radgrounder release $(BASE) $@ --mask-head $(<D)

$(MASKS)/judged/masks.md: $(MASKS)/model
	$(BIN)/radgrounder masks $< --data $(MASKS)/data --out $(@D) --limit $(MASK_LIMIT) > /dev/null

# the picture of docs/masks.md; the real slice only where the example files of TotalSegmentator lie at REAL
REAL ?= ../shared/data/totalsegmentator
masks-picture: $(MASKS)/model
	$(BIN)/python -m tests.bench.mask_picture $< docs/images/masks.png $(wildcard $(REAL))

# masks as text: a codec, rows with its codes, a nano that learns to write them; judged beside the head
TEXT_STEPS ?= 1200
masks-text: $(MASKS)/judged-text/masks.md
	@cat $<

$(MASKS)/codec.safetensors: $(MASKS)/data
	$(BIN)/python sft/train_codec.py $< $@

$(MASKS)/rows/README.md: $(MASKS)/codec.safetensors
	rm -rf $(@D)
	$(BIN)/radgrounder mix masks $(MASKS)/data $(@D) --codec $< --draws 4

$(MASKS)/base-packed: $(BIN)/.installed $(BASE)/model.safetensors
	mkdir -p $(MASKS)
	rm -rf $@
	$(BIN)/radgrounder prepare $(BASE) $@ --attention image

$(MASKS)/text-model: $(MASKS)/rows/README.md $(MASKS)/base-packed sft/recipes/nano/masks-text.yaml
	rm -rf $@ $(MASKS)/text
	$(BIN)/python sft/train_packed.py --config sft/recipes/nano/masks-text.yaml --max_steps $(TEXT_STEPS) $(QUICK)
	$(BIN)/radgrounder release $(MASKS)/text $@ --mask-codec $(MASKS)/codec.safetensors

$(MASKS)/judged-text/masks.md: $(MASKS)/model $(MASKS)/text-model
	$(BIN)/radgrounder masks $< --text-model $(MASKS)/text-model --data $(MASKS)/data --out $(@D) \
		--limit $(MASK_LIMIT) > /dev/null

# --- contrast ---------------------------------------------------------------------------------------------------------

# the tower of BASE taught by the sentences of those slices, judged on new patients; the control has the tower as it was
CONTRAST := build/contrast
CONTRAST_RECIPE := sft/recipes/nano/contrast.yaml

contrast: $(CONTRAST)/judged/contrast.md
	@cat $<

$(CONTRAST)/control: SHARE := --tower-share 0
$(CONTRAST)/model $(CONTRAST)/control: $(MASKS)/data $(CONTRAST_RECIPE) $(BASE)/model.safetensors
	rm -rf $@
	OMP_NUM_THREADS=1 $(BIN)/radgrounder contrast $(BASE) --data $(MASKS)/data --out $@ --recipe $(CONTRAST_RECIPE) $(SHARE)

$(CONTRAST)/judged/contrast.md: $(CONTRAST)/model $(CONTRAST)/control
	OMP_NUM_THREADS=1 $(BIN)/radgrounder contrast-judge $< --base $(BASE) --data $(MASKS)/data --out $(@D) \
		--control $(CONTRAST)/control > /dev/null

# the rest of the model trained alike behind both towers, three seeds; a killed trial goes on
AB_STEPS ?= 60
AB_LIMIT ?= 40
contrast-ab: $(CONTRAST)/model
	OMP_NUM_THREADS=1 $(BIN)/radgrounder contrast-ab $(BASE) $< --data $(MASKS)/data --out $(CONTRAST)/ab \
		--steps $(AB_STEPS) --limit $(AB_LIMIT)

# --- tests, measurements, style -----------------------------------------------------------------------------------

# the oldest datasets that the builder class supports, in an environment of its own
build/datasets36/.installed:
	$(PYTHON) -m venv build/datasets36
	build/datasets36/bin/pip install --quiet 'datasets==3.6.0' 'huggingface_hub<1' scipy pillow
	touch $@

# Ray, in an environment of its own that sees ours, for `make trust`
build/ray/.installed: $(BIN)/.installed
	$(PYTHON) -m venv build/ray
	build/ray/bin/pip install --quiet 'ray==2.60.0'
	$(BIN)/python -c 'import site; print(site.getsitepackages()[0])' > $$(echo build/ray/lib/python3*/site-packages)/refrad2d.pth
	touch $@

# the scores of the text rules and checks on their corpora first, then the tests
test: $(BIN)/.installed build/datasets36/.installed
	$(BIN)/python -m tests.refrad2d.text.test_mentions_corpus
	$(BIN)/python -m tests.bench.curate_scores
	$(BIN)/python -m tests.bench.curate_meaning
	$(BIN)/python -m tests.bench.faithfulness
	$(BIN)/python -m tests.bench.letters
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2 --dist worksteal

# lint, and every test that builds no dataset, runs no model and starts no browser
quick: $(BIN)/.installed
	$(BIN)/ruff check --quiet builder sft space tests
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -q -n 2 --dist worksteal -m 'not slow'

# the real TotalSegmentator in an environment of its own, for tests/end_to_end/test_totalsegmentator.py, which is skipped
# without it; nnunetv2 2.6.0 is the last that needs no torchvision, whose wheel wants a GPU's libraries
build/segment/.installed:
	$(PYTHON) -m venv build/segment
	build/segment/bin/pip install --quiet torch==2.13.0
	build/segment/bin/pip install --quiet torch==2.13.0 'TotalSegmentator==2.18.0' 'nnunetv2==2.6.0'
	touch $@

segmenter: $(BIN)/.installed build/segment/.installed
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -q tests/end_to_end/test_totalsegmentator.py

# the properties on other random examples than those of `make test`, many more of them
fuzz: $(BIN)/.installed
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -q -n 2 --hypothesis-profile=fuzz -k "not end_to_end" \
		$$(grep -rl '^@given' tests)

# as a site runs it, without what is set above for training
AS_A_SITE := env -u MALLOC_MMAP_MAX_ -u MALLOC_TRIM_THRESHOLD_ -u MALLOC_TOP_PAD_ OMP_NUM_THREADS=1
bench: $(BIN)/.installed $(DEMO)/dataset/manifest.json
	$(AS_A_SITE) $(BIN)/python -m tests.bench.performance
	$(BIN)/python -m tests.bench.builder
	$(BIN)/python -m tests.bench.metrics
	$(BIN)/python -m tests.bench.text
	$(BIN)/python -m tests.bench.training

# memory and time at 10,000 and 100,000 slices, a piece of at most an hour: run it again until it says nothing
bench-large: $(BIN)/.installed
	$(AS_A_SITE) $(BIN)/python -m tests.bench.performance --large build/bench-large --minutes 55

# the paper's claims at nano scale, with power: 6 arms × 5 seeds, each from the twin of its kind; VQA_RAD is the folder
# of that data set and may be left out; another design, such as ARM_STEPS=120 ARM_SLICES=1, belongs into another
# ABLATIONS folder. In pieces as `make base`: what was stopped by MINUTES goes on by the same command
ABLATIONS ?= build/ablations
ARM_STEPS ?= 480
ARM_SLICES ?= 2
ablations: $(TWINS)/boxed $(TWINS)/boxless
	$(BIN)/radgrounder ablations $(ABLATIONS) --steps $(ARM_STEPS) --test-slices $(ARM_SLICES) --boxed $(TWINS)/boxed --boxless $(TWINS)/boxless \
		$(if $(VQA_RAD),--vqa-rad $(VQA_RAD)) --precision bfloat16 --minutes $(MINUTES)

# real questions: LoRA on VQA-RAD's training pictures, judged on its test set before and after
VQA := build/vqa-rad
vqa-rad: $(VQA)-after/results.json
	@$(BIN)/radgrounder compare $(VQA)-before $(VQA)-after

$(VQA): $(BIN)/.installed
	$(BIN)/radgrounder mix vqa-rad $(VQA_RAD) $@

$(VQA)-before/results.json: $(DEMO)/base
	$(BIN)/radgrounder eval --model $(BASE) --benchmark vqa-rad --data $(VQA_RAD) --out $(@D) --batch-size 64

$(VQA)-adapter/adapter_config.json: $(DEMO)/base $(VQA) sft/recipes/nano/vqa.yaml
	rm -rf $(@D)
	$(BIN)/trl sft --config sft/recipes/nano/vqa.yaml

$(VQA)-model: $(VQA)-adapter/adapter_config.json
	rm -rf $@
	$(BIN)/radgrounder release $(<D) $@

$(VQA)-after/results.json: $(VQA)-model $(VQA)-before/results.json
	$(BIN)/radgrounder eval --model $< --benchmark vqa-rad --data $(VQA_RAD) --out $(@D) --batch-size 64

# docs/results.md from docs/results; COLLECT="base-results volumes interventions base-again demo demo-recipes vqa-rad ablations contrast contrast-ab": with what these left in build/
results: $(BIN)/.installed
	$(BIN)/python -m tests.bench.write_results --collect $(COLLECT)

# the full versions of what `make test` checks in small, and one table of what they found; see tests/trust/README.md
trust: $(BIN)/.installed build/ray/.installed
	$(BIN)/python -m tests.trust.run

style: $(BIN)/.installed
	$(BIN)/ruff format --check builder sft space tests
	$(BIN)/ruff check builder sft space tests
	$(BIN)/python -m pytest -q tests/test_style.py tests/test_imports.py
	$(BIN)/mypy
