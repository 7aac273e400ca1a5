"""A tenant's shop, in the tenant's own schema, by noun.

Nothing here has a database key into "public": an order keeps a snapshot of what it needs.
"""

from tenants.shop.models.carts import Cart, CartLine
from tenants.shop.models.listings import Assortment, Listing, ListingPrice
from tenants.shop.models.orders import Order, OrderLine
from tenants.shop.models.promotions import Campaign, CampaignItem, GoodsSubsidy, RedPacket, RedPacketBatch
from tenants.shop.models.refunds import OrderRefund, OrderRefundLine

__all__ = [
    "Assortment",
    "Campaign",
    "CampaignItem",
    "Cart",
    "CartLine",
    "GoodsSubsidy",
    "Listing",
    "ListingPrice",
    "Order",
    "OrderLine",
    "OrderRefund",
    "OrderRefundLine",
    "RedPacket",
    "RedPacketBatch",
]
