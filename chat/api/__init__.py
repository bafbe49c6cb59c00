"""For programs: is the server alive and ready?"""
