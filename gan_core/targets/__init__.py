"""What is to be learnt: data, latents, and what a lone discriminator is set against."""
