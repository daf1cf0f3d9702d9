"""What the book teaches with: quizzes, interview cards, folds, the ledger of claims, a reader's progress."""
