"""The sample: WSIS Forum 2020, an edition that runs now and the next one, out of the data files of each app (`data/sample`).

The named sessions, organisations and outcomes of 2020 are facts; the rest is invented.
"""
