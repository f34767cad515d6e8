"""The archive: packing, opening, its manifest, golden cases, bill of materials and signature."""
