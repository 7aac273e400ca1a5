"""One process of the row ``order``: ``prepare``, place ``one`` order, or place ``many`` and say how long it took."""


import django

django.setup()


BUYERS = 40
ADDRESS = {"name": "王小满", "phone": "13800138000", "region": "上海市", "address": "漕溪北路 1200 号"}
