"""Verdicts: are two expressions equal, is a step right, is a derivative the derivative?"""
