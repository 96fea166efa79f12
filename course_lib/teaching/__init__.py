"""What a course needs: questions with their checks, the release of exercises, and grading."""
