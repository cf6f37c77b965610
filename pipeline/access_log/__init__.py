"""Web server access logs to visits per local day: parts of files are summarised alone, and summaries add up exactly.

bytes → blocks of whole lines → hits (columns) → runs (one visitor's requests without a long silence) → a summary of
each part of a file, kept on disk → day counts.
`count` divides the files between threads; `parts` cuts them; `summary` is one thread's loop over blocks; `summaries`
keeps what it made by what it was made from; `totals` adds up. `formats` turn a block into `hits`; `rules` and `bots`
classify them; `sessions` merge them to runs and count days; `texts` holds string columns. `head` reads the first lines
of a file for checks. Import from the modules: the package itself imports nothing, so that `tolok` starts fast.
"""
