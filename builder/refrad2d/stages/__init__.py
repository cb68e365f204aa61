"""The stages of a build, each a folder on disk: ingest, curate, mentions, segment, match, questions, shards."""
