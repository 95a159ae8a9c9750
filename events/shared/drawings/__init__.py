"""Pictures that the site draws itself, as SVG: the monogram of a person, the weave of an edition."""
