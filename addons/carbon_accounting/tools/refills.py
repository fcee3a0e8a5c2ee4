"""What refilling a device tells of its losses.

Mass balance of a device (US EPA, Direct Fugitive Emissions from Refrigeration, Air Conditioning, Fire Suppression and
Industrial Gases, simplified material balance method; IPCC 2006 V3 7.5.2 and 8.2, mass balance):

* what is added to a device in use replaces what it lost;
* what was taken out of it before, to be used again or handed over, was not lost: of the next filling so much is no loss;
* the first charge of a device is in the device, not in the air;
* of a device that is taken out of service all is lost that it held and that was not taken out.

>>> from decimal import Decimal as D
>>> jobs = [Job("leak", recovered=D(8)), Job("repair", added=D(10)), Job("scrap", disposed=D(9), retired=True)]
>>> [(job.lost, job.change) for job in settle(jobs, D(10))]
[(Decimal('0'), Decimal('-8')), (Decimal('2'), Decimal('8')), (Decimal('1'), Decimal('-10'))]
"""

from dataclasses import dataclass, field
from decimal import Decimal

ZERO = Decimal(0)


@dataclass
class Job:
    """What one job moved into and out of a device, kg; ``lost`` and ``change`` of what it holds are found."""

    key: object
    added: Decimal = ZERO
    recovered: Decimal = ZERO
    disposed: Decimal = ZERO
    initial: Decimal = ZERO
    retired: bool = False
    charge: Decimal = ZERO  # nominal charge that was known on that day
    lost: Decimal = field(default=ZERO)
    change: Decimal = field(default=ZERO)
    is_known: bool = True

    @property
    def taken(self):
        """What left the device without being lost."""
        return self.recovered + self.disposed


def settle(jobs, charge=ZERO):
    """Find what each job shows as lost.

    The device is taken to be full after a filling, as nobody weighs it: what leaked and was not replaced yet shows with
    the next filling. A device whose first charge is not recorded came with its nominal charge.

    :param jobs: list of :class:`Job` of one device and substance, in order of time
    :param charge: nominal charge where a job does not name one, kg
    :return: the jobs, with ``lost``, ``change`` and ``is_known`` (False: taken out of service, charge not known)
    """
    first_is_recorded = any(job.initial for job in jobs)
    filled = missing = ZERO  # recorded first charges; taken out and not yet replaced
    gone = False
    for job in jobs:
        filled += job.initial
        full = filled if first_is_recorded else (ZERO if gone else job.charge or charge)
        if job.retired:
            job.is_known = gone or full > 0
            held = max(ZERO, full - missing)
            job.lost = max(ZERO, held + job.added - job.taken) if job.is_known else ZERO
            filled = missing = ZERO
            gone = True
        else:
            job.lost = max(ZERO, job.added - job.taken - missing)
            missing = max(ZERO, missing + job.taken - job.added)
        job.change = job.added + job.initial - job.taken - job.lost
    return jobs


def balance_inputs(method, job):
    """Return the inputs of a method that works by mass balance for what one job moved; None for another method.

    Bottles are counted when they are used, so that none is in stock before or after the job. What the device holds more
    or less afterwards is an increase or decrease of the charge (IPCC 2006 V3 7.5.2) or of the nameplate capacity
    (8.2, tier 3). By construction the result of the method is ``job.lost``.

    :param method: code of the formula
    :param job: settled :class:`Job`
    :return: ``{code of the input: Decimal}``
    """
    if method == "gas_release":
        return {"mass": job.lost}
    moved = {"opening": ZERO, "purchases": job.added + job.initial, "closing": ZERO, "returned": job.taken}
    if method == "refrigerant_balance":
        return {**moved, "charge_increase": job.change}
    if method == "sf6_balance":
        return {**moved, "nameplate_new": max(ZERO, job.change), "nameplate_retired": max(ZERO, -job.change)}
    return None
