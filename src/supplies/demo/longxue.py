"""Demonstration data: eleven days of an invented social work station, command by command.

From 3 to 13 February 2020, 36 households have needs, donors give goods, and teams deliver the
goods. All names are invented, and the names say so. `supplies demo` records these days, and adds a
delivery that has not come back yet. The station report of the demonstration is computed from these
books.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

from supplies.access import bootstrap, demo_people
from supplies.access.access_context import AccessContext
from supplies.domain import commands as c
from supplies.domain.catalogue_records import (
    DEFAULT_HOST,
    Campaign,
    Community,
    Donor,
    Item,
    Location,
    Recipient,
    Station,
    Team,
)
from supplies.ledger.ledger import Ledger
from supplies.ledger.recorded import Recorded
from supplies.stations.paper_settings import amend_station

STATION = "lx"
FIRST, LAST = date(2020, 2, 3), date(2020, 2, 13)
BY = "u_1"

MET = [f"R-{number:03d}" for number in range(1, 17)]
"""Codes of the households that receive all that they need."""

PARTLY = [f"R-{number:03d}" for number in range(17, 37)]
"""Codes of the households that receive only part of what they need."""

NEWCOMERS, RESIDENTS = "G-001", "G-002"

PURPOSES = {
    "notices": {"name": "张贴告示", "name_en": "notices"},
    "gate-post-1": {"name": "一号卡口", "name_en": "gate post 1"},
    "gate-post-2": {"name": "二号卡口", "name_en": "gate post 2"},
    "gate-post-3": {"name": "三号卡口", "name_en": "gate post 3"},
}

ACTIVITIES = (
    (3, "worker", 14, "本站社工"),
    (4, "contact", 30, "电话联系困难家庭"),
    (8, "contact", 24, "电话联系困难家庭"),
    (5, "visit", 36, "走访困难家庭"),
    (10, "visit", 24, "走访困难家庭"),
    (5, "residents_registered", 1300, "登记入册的居民"),
    (6, "persons_screened", 174, "第一轮排查"),
    (9, "persons_screened", 81, "第二轮排查"),
    (7, "households_telephoned", 450, "与街道办一起电话排查"),
    (8, "joint_checks", 6, "与派出所、卫生站一起"),
    (9, "flats_checked", 777, "出租屋"),
    (10, "newcomers_registered", 178, "新来穗人员"),
    (13, "forms_collected", 910, "健康申报表"),
    (11, "people_measured", 1000, "一号卡口测温"),
    (11, "people_measured", 1000, "二号卡口测温"),
    (11, "people_measured", 1000, "三号卡口测温"),
)


class SceneClock:
    """A clock for demonstration data.

    It can be set to noon of a day, and advances by one second with every call.
    """

    def __init__(self) -> None:
        self.now = datetime(2020, 2, 3, 4, tzinfo=UTC)

    def __call__(self) -> datetime:
        """Advance the clock by one second, and return its time in UTC."""
        self.now += timedelta(seconds=1)
        return self.now

    def day(self, day: int) -> None:
        """Set the clock to noon, in the station's time zone, on this day of February 2020."""
        self.now = datetime(2020, 2, day, 4, tzinfo=UTC)


class Scene:
    """Records the demonstration data in a ledger that was opened with a `SceneClock`."""

    def __init__(self, ledger: Ledger, clock: SceneClock, host: str = DEFAULT_HOST) -> None:
        self.ledger, self.clock, self._host = ledger, clock, host
        self._progress: Callable[[int], None] = lambda _: None
        self._count = 0
        self.needs: dict[tuple[str, str], str] = {}
        self.deliveries: list[str] = []

    def book(
        self, progress: Callable[[int], None] = lambda _: None, *, with_people: bool = False
    ) -> None:
        """Record all days of the demonstration.

        Args:
            progress: Called with the number of commands recorded so far.
            with_people: Whether to add two things for visitors of the demo: users without a
                password, and a delivery that is still under way on the day after the last day.
        """
        self._progress = progress
        self._register()
        if with_people:
            with self.ledger.admin_transaction() as books:
                access = AccessContext(books, self.clock())
                demo_people.add(access, team="t_1", by=bootstrap.COMMAND_LINE_AUTHOR)
        self._survey()
        self._pledges_and_paper()
        self._masks_arrive()
        self._masks_go_out()
        self._sanitiser_arrives_and_goes_out()
        self._other_households()
        self._gifts_and_leaflets()
        self._issues_and_count()
        for day, kind, count, who in ACTIVITIES:
            done = date(2020, 2, day)
            self._record(c.RecordActivity(kind=kind, count=count, who=who, happened_on=done))
        if with_people:
            self._leave_a_delivery_out()

    def _record(self, command: c.Command) -> Recorded:
        self._count += 1
        self._progress(self._count)
        return self.ledger.record(command, by=BY)

    def _document(self, command: c.Command) -> str:
        return str(self._record(command).document)

    # --- the catalogue -------------------------------------------------------------------------

    def _register(self) -> None:
        self.ledger.register(
            Station(
                code=STATION,
                name="龙穴街社工服务站（演示）",
                name_en="Longxue Street Social Work Station (demonstration)",
                series="JZ",
                host=self._host,
                address="广州市南沙区龙穴街（演示地址）",
            )
        )
        self.ledger.register(
            Item(code="mask", name="口罩", name_en="mask", packs={"box50": 50}),
            Item(code="disinfectant", name="消毒液", name_en="disinfectant", unit="bottle"),
            Item(
                code="sanitiser",
                name="免洗洗手液",
                name_en="hand sanitiser",
                unit="bottle",
                packs={"carton20": 20},
            ),
            Item(code="gift", name="慰问礼品", name_en="comfort gift"),
            Item(code="leaflet", name="防疫宣传单", name_en="leaflet"),
            Item(code="notice", name="告示", name_en="notice"),
            Location(code="store-a", name="一号仓库", name_en="Store A"),
            Team(code="t_1", name="配送一队（虚构）"),
            Team(code="t_2", name="配送二队（虚构）"),
        )
        self.ledger.register(
            Donor(code="D-01", name="蓝湾科技公司（虚构）", kind="organisation", publish="name"),
            Donor(code="D-02", name="南沙爱心协会（虚构）", kind="organisation", publish="name"),
            Donor(code="D-03", name="何邻居（虚构）", phone="13800000003", publish="family_name"),
            Donor(code="D-04", name="康民药店（虚构）", kind="organisation", publish="name"),
            Donor(code="D-05", name="晨光基金会（虚构）", kind="organisation", publish="name"),
        )
        self.ledger.register(
            *(
                Recipient(
                    code=code,
                    name=f"住户{code[-2:]}（虚构）",
                    phone=f"138000000{code[-2:]}",
                    address=f"龙穴街示例路{int(code[-3:])}号 {100 + int(code[-3:])}房",
                    community="north" if int(code[-3:]) % 2 else "south",
                )
                for code in MET + PARTLY
            ),
            Community(code="north", name="北片社区（虚构）", name_en="North (fictitious)"),
            Community(code="south", name="南片社区（虚构）", name_en="South (fictitious)"),
            Campaign(code="appeal", name="抗疫募捐（虚构）", name_en="Appeal (fictitious)"),
            Recipient(code=NEWCOMERS, name="新来穗人员95人（虚构）", kind="group"),
            Recipient(code=RESIDENTS, name="居民（虚构）", kind="group"),
        )
        with self.ledger.admin_transaction() as books:
            amend_station(books, {"papers": {"purposes": PURPOSES}})

    # --- needs and pledges -----------------------------------------------------------------------

    def _survey(self) -> None:
        self.clock.day(3)
        for index, code in enumerate(MET + PARTLY):
            urgency = "high" if index % 6 == 0 else "normal" if index % 6 < 4 else "low"
            masks, bottles = (3, 4) if code in MET else (4, 5)
            for item, quantity in (("mask", masks), ("sanitiser", bottles)):
                self.needs[code, item] = self._document(
                    c.NoteNeed(
                        recipient=code,
                        item=item,
                        quantity=quantity,
                        urgency=urgency,  # type: ignore[arg-type]  # one of the three literals
                        needed_by=date(2020, 2, 12),
                    )
                )

    def _pledges_and_paper(self) -> None:
        claims = [c.Claim(need=self.needs[code, "mask"], quantity=3) for code in MET]
        self.masks_pledge = self._document(
            c.MakePledge(
                donor="D-01",
                due_on=date(2020, 2, 5),
                lines=[c.PledgeLine(item="mask", quantity=50, claims=claims)],
            )
        )
        self.clock.day(4)
        claims = [c.Claim(need=self.needs[code, "sanitiser"], quantity=4) for code in MET]
        self.sanitiser_pledge = self._document(
            c.MakePledge(
                donor="D-02",
                due_on=date(2020, 2, 7),
                lines=[c.PledgeLine(item="sanitiser", quantity=110, claims=claims)],
            )
        )
        for item, quantity in (("leaflet", 260), ("notice", 12)):
            self._record(
                c.RecordArrival(
                    origin="made",
                    party=STATION,
                    location="store-a",
                    lines=[c.ArrivalLine(item=item, quantity=quantity)],
                )
            )
        for place in range(1, 13):
            self._record(
                c.IssueGoods(
                    purpose="notices",
                    location="store-a",
                    lines=[c.LotLine(item="notice", quantity=1)],
                    note=f"张贴于第 {place} 处",
                )
            )

    # --- masks -----------------------------------------------------------------------------------

    def _give(
        self,
        donor: str | None,
        *lines: c.DonationLine,
        wish: str | None = None,
        campaign: str | None = None,
    ) -> Recorded:
        return self._record(
            c.RecordDonation(
                donor=donor,
                location="store-a",
                handled_by="陈晓（虚构）",
                wish=wish,
                campaign=campaign,
                lines=list(lines),
            )
        )

    def _masks_arrive(self) -> None:
        self.clock.day(5)
        self._give(
            "D-01",
            c.DonationLine(
                item="mask",
                quantity=1,
                pack="box50",
                pledge=self.masks_pledge,
                batch="B7",
                expires_on=date(2022, 1, 31),
            ),
            wish="给龙穴街有困难的老人",
        )
        typed = c.DonationLine(item="mask", quantity=12)
        wrong = self._give("D-03", typed)
        meant = c.DonationLine(item="mask", quantity=21)
        self.clock.day(6)
        self._record(
            c.Correct(
                entry=wrong.seq,
                reason="实收 21 个，误录为 12 个",
                command=c.RecordDonation(
                    donor="D-03", location="store-a", handled_by="陈晓（虚构）", lines=[meant]
                ),
            )
        )

    def _allocations(self, recipient: str) -> list[str]:
        """Return the allocations of a recipient that were not dispatched yet."""
        balances = self.ledger.books.nonzero_balances("allocated:")
        allocations = {account.split(":")[1] for account, _, _ in balances}
        rows = self.ledger.books.all(
            "SELECT allocation FROM allocations WHERE station = :station AND recipient = :recipient"
            " ORDER BY seq",
            recipient=recipient,
        )
        return [name for (name,) in rows if name in allocations]

    def _dispatch(self, team: str, recipients: list[str]) -> tuple[str, dict[str, str]]:
        """Dispatch a team. Return the id of the delivery, and the allocation of each recipient."""
        stops = {code: name for code in recipients for name in self._allocations(code)}
        delivery = self._document(c.Dispatch(team=team, allocations=list(stops.values())))
        self.deliveries.append(delivery)
        return delivery, stops

    def _hand_over(self, delivery: str, allocation: str) -> None:
        self._record(
            c.ReportOutcome(
                delivery=delivery,
                allocation=allocation,
                outcome="handed_over",
                received_by="self",
                proof="signature",
            )
        )

    def _masks_go_out(self) -> None:
        for post in ("gate-post-1", "gate-post-2", "gate-post-3"):
            self._record(
                c.IssueGoods(
                    purpose=post,
                    location="store-a",
                    lines=[c.LotLine(item="mask", quantity=5)],
                )
            )
        away = "R-005"
        for team, recipients in (("t_1", MET[:8]), ("t_2", MET[8:])):
            delivery, stops = self._dispatch(team, recipients)
            for code, allocation in stops.items():
                if code == away:
                    self._record(
                        c.ReportOutcome(
                            delivery=delivery, allocation=allocation, outcome="not_at_home"
                        )
                    )
                else:
                    self._hand_over(delivery, allocation)
            self._record(c.CloseDelivery(delivery=delivery))
        self.clock.day(7)
        delivery, stops = self._dispatch("t_1", [away])
        self._hand_over(delivery, stops[away])
        self._record(c.CloseDelivery(delivery=delivery))

    def _leave_a_delivery_out(self) -> None:
        """Dispatch a delivery to four households. No outcome is recorded, so it stays open."""
        self.clock.day(LAST.day + 1)
        households = PARTLY[5:9]
        for code in households:
            line = c.AllocationLine(
                item="sanitiser", quantity=2, need=self.needs[code, "sanitiser"]
            )
            self._record(c.Allocate(recipient=code, location="store-a", lines=[line]))
        self._dispatch("t_1", households)

    # --- sanitiser and disinfectant ----------------------------------------

    def _sanitiser_arrives_and_goes_out(self) -> None:
        self._give(
            "D-02",
            c.DonationLine(
                item="sanitiser",
                quantity=5,
                pack="carton20",
                pledge=self.sanitiser_pledge,
                batch="S-2001",
                expires_on=date(2022, 6, 30),
            ),
            campaign="appeal",
        )
        self._give(
            "D-04",
            c.DonationLine(item="sanitiser", quantity=40),
            c.DonationLine(item="disinfectant", quantity=2, expires_on=date(2021, 3, 31)),
        )
        self._give(
            None, c.DonationLine(item="sanitiser", quantity=10, expires_on=date(2021, 9, 30))
        )
        self.clock.day(8)
        for team, recipients in (("t_1", MET[:8]), ("t_2", MET[8:])):
            delivery, stops = self._dispatch(team, recipients)
            for allocation in stops.values():
                self._hand_over(delivery, allocation)
            self._record(c.CloseDelivery(delivery=delivery))
        self._record(c.LapsePledge(pledge=self.sanitiser_pledge, reason="最后十瓶没有送到"))

    def _other_households(self) -> None:
        self.clock.day(9)
        for code in PARTLY:
            line = c.AllocationLine(
                item="sanitiser", quantity=2, need=self.needs[code, "sanitiser"]
            )
            self._record(c.Allocate(recipient=code, location="store-a", lines=[line]))
        self.clock.day(10)
        delivery, stops = self._dispatch("t_2", PARTLY)
        refused, partly = "R-020", "R-021"
        for code, allocation in stops.items():
            if code == refused:
                self._record(
                    c.ReportOutcome(delivery=delivery, allocation=allocation, outcome="refused")
                )
            elif code == partly:
                line_ = c.OutcomeLine(line=1, received=1, brought_back=1, to="stock")
                self._record(
                    c.ReportOutcome(
                        delivery=delivery,
                        allocation=allocation,
                        outcome="partly",
                        lines=[line_],
                        received_by="neighbour",
                    )
                )
            else:
                self._hand_over(delivery, allocation)
        self._record(c.CloseDelivery(delivery=delivery))

    # --- gifts, leaflets and the shelf ----------------------------------------

    def _gifts_and_leaflets(self) -> None:
        self.clock.day(11)
        self._give("D-05", c.DonationLine(item="gift", quantity=95), wish="给新来穗人员")
        self._record(
            c.HandOut(
                recipient=NEWCOMERS,
                location="store-a",
                headcount=95,
                lines=[c.RecipientLine(item="gift", quantity=95)],
            )
        )
        for quantity in (100, 160):
            self._record(
                c.HandOut(
                    recipient=RESIDENTS,
                    location="store-a",
                    headcount=quantity,
                    lines=[c.RecipientLine(item="leaflet", quantity=quantity)],
                )
            )

    def _issues_and_count(self) -> None:
        for post in ("gate-post-1", "gate-post-2"):
            lines = [
                c.LotLine(item="disinfectant", quantity=1),
                c.LotLine(item="sanitiser", quantity=4),
            ]
            self._record(c.IssueGoods(purpose=post, location="store-a", lines=lines))
        self._record(
            c.WriteOff(
                reason="damaged",
                location="store-a",
                lines=[c.LotLine(item="sanitiser", quantity=1)],
                note="泵头损坏",
            )
        )
        self.clock.day(12)
        sheet = self._document(c.OpenCountSheet(location="store-a"))
        there = sum(
            quantity
            for (_, item, _), quantity in self.ledger.books.nonzero_balances(
                "stock:store-a"
            ).items()
            if item == "sanitiser"
        )
        self._record(
            c.CountStock(sheet=sheet, lines=[c.CountLine(item="sanitiser", counted=there - 1)])
        )
        self.clock.day(13)


def book_scene(
    url: str,
    progress: Callable[[int], None] = lambda _: None,
    *,
    with_people: bool = False,
    host: str = DEFAULT_HOST,
) -> Scene:
    """Record the demonstration data in a new database. Return the scene, whose ledger is open.

    Args:
        url: URL or path of the database.
        progress: Called with the number of commands recorded so far.
        with_people: As in `Scene.book`.
        host: Address of the service, to which the QR codes of the papers lead.
    """
    clock = SceneClock()
    scene = Scene(Ledger.open(url, station=STATION, clock=clock), clock, host)
    scene.book(progress, with_people=with_people)
    return scene
