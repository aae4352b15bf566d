"""What every service shows about itself: health, problem pages, documentation."""
