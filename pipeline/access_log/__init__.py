"""Web server access logs to visits per local day, in one streaming pass over the lines.

bytes → blocks of whole lines → hits (columns) → runs (one visitor's requests without a long silence) → day counts.
`count` divides the files between threads and adds up; `share` is one thread's loop over blocks, with `checkpoints`;
`formats` turn a block into `hits`; `rules` and `bots` classify them; `sessions` merge them to runs and count days;
`texts` holds string columns. `head` reads the first lines of a file for checks. Import from the modules: the package
itself imports nothing, so that `tolok` starts fast.
"""
