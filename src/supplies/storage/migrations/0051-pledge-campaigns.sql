-- Version 51: the campaigns and grants of pledges.

CREATE TABLE pledge_campaigns (
    station TEXT NOT NULL,
    seq INTEGER NOT NULL,
    pledge TEXT NOT NULL,
    campaign TEXT NOT NULL,
    PRIMARY KEY (station, pledge, seq),
    FOREIGN KEY (station, seq) REFERENCES entries (station, seq),
    FOREIGN KEY (station, campaign) REFERENCES campaigns (station, code)
) STRICT, WITHOUT ROWID;
CREATE INDEX pledge_campaigns_by_campaign ON pledge_campaigns (station, campaign, seq);
