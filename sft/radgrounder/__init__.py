"""RadGrounder: train, run and judge grounded vision-language models on RefRad2D."""
