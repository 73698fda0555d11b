"""JumpStart: a catalogue of models under AWS's ids, in the layout that SageMaker's SDKs read.

A model id leads, by `models_manifest.json` and a specification, to an image, a script and an
archive in the content bucket of the Region. The archives are made here, once, from what registry
packages ship and from scripts of this project.
"""
