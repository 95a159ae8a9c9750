"""“By two” means two people: who proposes and who agrees are both there (`presence`) and independent of each other
(`independence`). Every act that takes two asks here."""
