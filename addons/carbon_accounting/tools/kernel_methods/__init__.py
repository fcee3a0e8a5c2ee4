from . import carbon_cycle, combustion, energy, fugitive, indirect, process, waste
from .registry import METHODS, Outcome, Refusal, Result, evaluate
