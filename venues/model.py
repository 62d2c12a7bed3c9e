"""Venues, zones, checkpoints and codes as the other packages see them, and what can be wrong with them."""

from __future__ import annotations

from enum import StrEnum


class Direction(StrEnum):
    """What a scan at a checkpoint does; `both` leaves the choice to the person."""

    IN = "in"
    OUT = "out"
    BOTH = "both"


class VenueKind(StrEnum):
    """The taxonomy; typical stay, masks off and indoor of each stand in the table `venue_kind`."""

    MARKET = "market"
    SUPERMARKET = "supermarket"
    CONVENIENCE = "convenience"
    RESTAURANT = "restaurant"
    CAFE = "cafe"
    BAR = "bar"
    KARAOKE = "karaoke"
    OFFICE = "office"
    FACTORY = "factory"
    SCHOOL = "school"
    HOSPITAL = "hospital"
    CLINIC = "clinic"
    PHARMACY = "pharmacy"
    BANK = "bank"
    GOVERNMENT = "government"
    WORSHIP = "worship"
    GYM = "gym"
    CINEMA = "cinema"
    HOTEL = "hotel"
    TRANSPORT_HUB = "transport_hub"
    SALON = "salon"
    PARK = "park"
    RESIDENCE = "residence"
    EVENT = "event"
    OTHER = "other"
