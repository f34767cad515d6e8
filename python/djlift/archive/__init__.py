"""The archive: packing and opening it, its manifest, golden cases, bill of materials and signature."""
