"""A tenant's shop, in the tenant's own schema: the models of its nouns, gathered for Django.

Nothing here has a database key into "public": an order keeps a snapshot of what it needs.
"""

from tenants.shop.cart.models import Cart, CartLine
from tenants.shop.listings.models import Assortment, Listing, ListingPrice
from tenants.shop.orders.models import Order, OrderLine
from tenants.shop.promotions.campaigns.models import Campaign, CampaignItem
from tenants.shop.promotions.goods_subsidies.models import GoodsSubsidy
from tenants.shop.promotions.red_packets.models import RedPacket, RedPacketBatch
from tenants.shop.refunds.models import OrderRefund, OrderRefundLine

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
