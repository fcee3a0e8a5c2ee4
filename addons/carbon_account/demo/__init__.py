from . import carbon_demo
