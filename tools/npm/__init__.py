"""Programs from npm in exact versions: Lighthouse and the validator of HTML."""
