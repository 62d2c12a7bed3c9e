"""Pictures, each with the same in words: where and when a case was, and who infected whom."""
