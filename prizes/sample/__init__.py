"""The sample prizes: the cycle of 2020 at its published scale, a current edition in the middle of its vote, and a next one that takes
projects.

What was published of 2020 are sums: 806 submitted, 353 nominated, 90 champions, 18 winners. Projects, entities, experts and voters are
invented and marked as sample data; secrets and nonces of ballots are drawn afresh every time.
"""
