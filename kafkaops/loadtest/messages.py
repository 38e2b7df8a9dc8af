"""What coordinator and workers say to each other, through pipes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from kafkaops.clients.kafka_settings import KafkaSettings
from kafkaops.loadtest.histogram import Histogram
from kafkaops.loadtest.load import Load, Target, Timing
from kafkaops.loadtest.payload import Payload
from kafkaops.loadtest.proof import Sent, Source, Stretch
from kafkaops.loadtest.raw import Acked, Handed, Read
from kafkaops.loadtest.verdict import WorkerLoad
from kafkaops.spec.loadtests import ProducerEngine


@dataclass(frozen=True, slots=True)
class WorkerSetup:
    """What every worker is told when it is started."""

    name: str
    index: int
    """Among the workers of its kind over all loads; a producer's is in its records' stamps."""
    share: int
    """Among the workers of its kind on this load."""
    run: int
    settings: KafkaSettings
    load: Load
    target: Target
    timing: Timing
    seed: int
    partitions: tuple[int, ...] = field(default=(), kw_only=True)
    """Those that it writes or reads, where they are dealt out to hosts; else all, or what its group gives it."""


@dataclass(frozen=True, slots=True)
class ProducerSetup(WorkerSetup):
    """A producer's."""

    payload: Payload
    calibrate_s: float
    transactional_id: str | None = None


@dataclass(frozen=True, slots=True)
class ConsumerSetup(WorkerSetup):
    """A consumer's."""

    group: str


# ---- to workers


@dataclass(frozen=True, slots=True)
class Probe:
    """To producers: write one record to each partition."""


@dataclass(frozen=True, slots=True)
class Start:
    """The schedule starts at this reading of the monotonic clock."""

    origin_ns: int
    offsets_ns: Mapping[int, int] = field(default_factory=dict)
    """By producer on another host: what turns its clock's readings into those of this one."""


@dataclass(frozen=True, slots=True)
class Hold:
    """To consumers: read nothing more until told to start."""


@dataclass(frozen=True, slots=True)
class Stop:
    """Finish: producers send no more and wait for what is in flight at most this long; consumers end."""

    grace_s: float


# ---- from workers


@dataclass(frozen=True, slots=True)
class Ready:
    """A producer has its pool and its connection, a consumer is ready to be assigned partitions."""

    worker: str
    calibrated: float | None = None
    """Records per second that this process can hand to the client library."""
    pool_values: int = 0
    pool_mean_bytes: float = 0.0
    repeats_in_batch: bool = False
    ratios: tuple[float, float] | None = None
    """How well the pool compresses, and how well fresh values do, where that was measured."""
    engine: ProducerEngine = ProducerEngine.PORTABLE
    fell_back: str | None = None
    """Why it is not the engine that was asked for."""


@dataclass(frozen=True, slots=True)
class Holding:
    """A consumer reads nothing more."""

    worker: str


@dataclass(frozen=True, slots=True)
class Failed:
    """The worker cannot go on; it ends after this. Texts hold no secrets."""

    worker: str
    summary: str
    detail: str | None = None
    code: str = "KO013"
    hint: str | None = None


@dataclass(slots=True)
class ProducerDelta:
    """What a producer did since its last report. Histograms hold measured records only, without the warm-up."""

    worker: str
    due: dict[int, int] = field(default_factory=dict)
    """Records by the slot of their intended time."""
    sent: dict[int, int] = field(default_factory=dict)
    """Records by the slot in which they were handed to the client."""
    acked: dict[int, int] = field(default_factory=dict)
    errors: dict[str, int] = field(default_factory=dict)
    """Records that failed, by the error's name."""
    events: dict[str, int] = field(default_factory=dict)
    """What the client library complained of, by the error's name; it goes on by itself."""
    delay: Histogram = field(default_factory=Histogram)
    """From intended to handed over."""
    own_delay: Histogram = field(default_factory=Histogram)
    """The same, of records that the in-flight cap did not hold back."""
    service: Histogram = field(default_factory=Histogram)
    """From handed over to acked."""
    response: Histogram = field(default_factory=Histogram)
    """From intended to acked."""
    in_flight: int = 0
    blocked_ns: int = 0
    """Time at the in-flight cap."""
    probed: bool = False
    handed_records: list[Handed] = field(default_factory=list)
    """Every record by itself, where the run keeps them; so, too, `acked_records`."""
    acked_records: list[Acked] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class ProducerFinal:
    """A producer's last word."""

    worker: str
    fates: dict[Source, Sent]
    load: WorkerLoad | None
    measured_records: int
    """Acked records of the measured time."""
    unsent: int
    """Records that were due and never handed over, because the run was ended."""
    unsent_ns: tuple[int, ...] = field(default=(), kw_only=True)
    """Their intended times from the start, where the run keeps every record."""
    plain_bytes: int
    """Keys and values acked, as the client library counts them."""
    wire_bytes: int
    """Bytes sent to brokers, protocol included."""


@dataclass(slots=True)
class ConsumerDelta:
    """What a consumer read since its last report."""

    worker: str
    consumed: dict[int, int] = field(default_factory=dict)
    stretches: dict[Source, list[Stretch]] = field(default_factory=dict)
    reached: dict[int, int] = field(default_factory=dict)
    """The next offset of each partition that was read."""
    probes: set[Source] = field(default_factory=set)
    response: Histogram = field(default_factory=Histogram)
    """From intended to consumed."""
    foreign: int = 0
    """Records of others."""
    misplaced: int = 0
    """Records in another partition than they were sent to."""
    events: dict[str, int] = field(default_factory=dict)
    rebalances: int = 0
    read_records: list[Read] = field(default_factory=list)
    """Every record by itself, where the run keeps them."""
    last_ns: int | None = None
    """When the last record of the run was read, from the start."""


@dataclass(frozen=True, slots=True)
class ConsumerFinal:
    """A consumer's last word."""

    worker: str
    load: WorkerLoad | None


ToWorker = Probe | Hold | Start | Stop
FromWorker = Ready | Holding | Failed | ProducerDelta | ProducerFinal | ConsumerDelta | ConsumerFinal
