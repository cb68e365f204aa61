"""The paper's claims at nano scale, with power: institutions, arms, runs, and what their figures say."""
