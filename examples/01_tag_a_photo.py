"""Tags one photo with the tagger that ships, offline, and shows what an answer was seen from."""

from pathlib import Path

from modiste import Tagger, draw_catalogue

# Drawn photos stand for yours: any picture file will do.
catalogue = Path("tour/catalogue")
if not catalogue.exists():
    draw_catalogue(catalogue, products=400, seed=1)
photo = min((catalogue / "images").glob("*.jpg"))

tagger = Tagger.load()
(tagged,) = tagger.tag(photo, top=3)
print(tagged)

# Every attribute has a label, the probability that it is right, and a decision: accept, or have a person look.
for name, answer in tagged.answers.items():
    print(f"{name:>14}: {answer.label:<20} {answer.probability:.2f} {answer.decision}")

# A heat map over the photo: where it is red, the answer depends on what is there.
why = Path("tour/why.png")
tagger.explain(photo, "Class").save(why)
print(f"What the Class was seen from: {why}")
