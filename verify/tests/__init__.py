"""Tests of the verifier: python3 -m unittest discover verify"""
