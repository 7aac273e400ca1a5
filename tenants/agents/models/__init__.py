"""Who brought whom, under which rules, and who earned what. Lives in the tenant's schema.

Amounts are minor units. A member's key is the key of their user: one person, one id.
"""

from tenants.agents.attribution.models import DeviceSeen
from tenants.agents.earnings.models import Earning, Sale
from tenants.agents.member_tasks.models import Task, TaskDone
from tenants.agents.members.models import Member
from tenants.agents.origins.models import Origin
from tenants.agents.rules_versions.models import RulesVersion

__all__ = ["DeviceSeen", "Earning", "Member", "Origin", "RulesVersion", "Sale", "Task", "TaskDone"]
