"""The fault proxy: between our processes and their servers, striking at named moments."""
