-- Version 49: find the arrivals of a campaign without reading those of all campaigns.
CREATE INDEX arrival_campaigns_by_campaign ON arrival_campaigns (station, campaign, seq);
