"""Little drawn images whose class is their shape, not their colour or place."""

import io
import random

from PIL import Image, ImageDraw

CLASSES = 3


def drawn(kind, seed, side=16):
    """A disc, stripes across or stripes down, as PNG."""
    generator = random.Random(seed)
    colours = [tuple(generator.randrange(256) for _ in range(3)) for _ in range(2)]
    if sum(abs(a - b) for a, b in zip(*colours, strict=True)) < 200:
        colours[1] = tuple(255 - value if abs(value - 128) > 60 else 0 for value in colours[0])
    image = Image.new("RGB", (side, side), colours[0])
    brush = ImageDraw.Draw(image)
    size = generator.randrange(side // 3, side // 2)
    left, top = (generator.randrange(1, side - size - 1) for _ in range(2))
    if kind == 0:
        brush.ellipse((left, top, left + size, top + size), fill=colours[1])
    for begin in range(generator.randrange(4), side if kind else 0, 6):
        across = (0, begin, side, begin + 2)
        brush.rectangle(across if kind == 1 else (begin, 0, begin + 2, side), fill=colours[1])
    content = io.BytesIO()
    image.save(content, "PNG")
    return content.getvalue()


def labelled(count, seed):
    """Labels and images, every class as often."""
    return [
        (float(number % CLASSES), drawn(number % CLASSES, seed * 10_000 + number))
        for number in range(count)
    ]
