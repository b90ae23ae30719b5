"""The HTTP service: an API and pages on one bundle, in one light process; Keras is not in it.

Nothing outside this package knows FastAPI, Starlette or uvicorn.
"""
