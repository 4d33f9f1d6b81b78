"""How cutouts are drawn, as far as their keys must know it."""

RENDER_VERSION = 3  # part of every cutout's key: raise it when the bytes of a cutout change
JPEG_QUALITY = 88
