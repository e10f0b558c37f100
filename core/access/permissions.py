"""The 42 named permissions, what each allows in words, and the five roles that bundle them."""

from enum import StrEnum


class Permission(StrEnum):
    """One permission, `resource:verb`."""

    ORGANIZATION_READ = "organization:read"
    ORGANIZATION_CREATE = "organization:create"
    ORGANIZATION_UPDATE = "organization:update"
    ORGANIZATION_DELETE = "organization:delete"
    TEAM_READ = "team:read"
    TEAM_CREATE = "team:create"
    TEAM_UPDATE = "team:update"
    TEAM_DELETE = "team:delete"
    TEAM_MANAGE_MEMBERS = "team:manage_members"
    MEMBER_READ = "member:read"
    MEMBER_INVITE = "member:invite"
    MEMBER_UPDATE_ROLE = "member:update_role"
    MEMBER_REMOVE = "member:remove"
    CUSTOMER_READ = "customer:read"
    CUSTOMER_UPDATE = "customer:update"
    CUSTOMER_EXPORT = "customer:export"
    LICENSE_CREATE = "license:create"
    LICENSE_REVOKE = "license:revoke"
    LICENSE_UPDATE_TIER = "license:update_tier"
    CULTURE_READ = "culture:read"
    CULTURE_RECOMPUTE = "culture:recompute"
    TELEMETRY_READ = "telemetry:read"
    USAGE_READ = "usage:read"
    USAGE_MANAGE_LIMITS = "usage:manage_limits"
    USAGE_MANAGE_ALERTS = "usage:manage_alerts"
    FINANCE_READ = "finance:read"
    FINANCE_MANAGE_COSTS = "finance:manage_costs"
    INVOICE_CREATE = "invoice:create"
    INVOICE_FINALIZE = "invoice:finalize"
    PAYMENT_PROCESS = "payment:process"
    FINANCE_EXPORT = "finance:export"
    INSIGHT_READ = "insight:read"
    AI_QUERY = "ai:query"
    DOCUMENT_EDIT = "document:edit"
    SECURITY_READ = "security:read"
    SECURITY_MANAGE_POLICY = "security:manage_policy"
    SSO_MANAGE = "sso:manage"
    APIKEY_MANAGE = "apikey:manage"
    AUDIT_READ = "audit:read"
    AUDIT_EXPORT = "audit:export"
    COMPLIANCE_MANAGE = "compliance:manage"
    INCIDENT_REPORT = "incident:report"

    def denial(self, who: str) -> str:
        """Return the sentence shown to somebody with role `who` who lacks this permission."""
        return f"Your role ({who}) may not {ALLOWS[self]}. Ask an owner or admin for the permission “{self.value}”."


class Role(StrEnum):
    """The five predefined roles, from most to least power."""

    OWNER = "owner"
    ADMIN = "admin"
    MANAGER = "manager"
    MEMBER = "member"
    VIEWER = "viewer"


ALLOWS: dict[Permission, str] = {
    Permission.ORGANIZATION_READ: "see the organization",
    Permission.ORGANIZATION_CREATE: "add an organization",
    Permission.ORGANIZATION_UPDATE: "change the organization",
    Permission.ORGANIZATION_DELETE: "delete the organization",
    Permission.TEAM_READ: "see teams",
    Permission.TEAM_CREATE: "add a team",
    Permission.TEAM_UPDATE: "change a team",
    Permission.TEAM_DELETE: "delete a team",
    Permission.TEAM_MANAGE_MEMBERS: "add people to a team or take them out",
    Permission.MEMBER_READ: "see the people of the organization",
    Permission.MEMBER_INVITE: "invite people",
    Permission.MEMBER_UPDATE_ROLE: "change a person's role",
    Permission.MEMBER_REMOVE: "remove a person",
    Permission.CUSTOMER_READ: "see customers",
    Permission.CUSTOMER_UPDATE: "change a customer's notes, brand and status",
    Permission.CUSTOMER_EXPORT: "export customers",
    Permission.LICENSE_CREATE: "issue licenses",
    Permission.LICENSE_REVOKE: "revoke, suspend and reinstate licenses",
    Permission.LICENSE_UPDATE_TIER: "change a customer's tier",
    Permission.CULTURE_READ: "see culture profiles and upsells",
    Permission.CULTURE_RECOMPUTE: "analyze a customer anew",
    Permission.TELEMETRY_READ: "see raw telemetry events",
    Permission.USAGE_READ: "see usage and limits",
    Permission.USAGE_MANAGE_LIMITS: "change limits",
    Permission.USAGE_MANAGE_ALERTS: "change usage alerts",
    Permission.FINANCE_READ: "see revenue, subscriptions and invoices",
    Permission.FINANCE_MANAGE_COSTS: "record costs and cash",
    Permission.INVOICE_CREATE: "draft invoices",
    Permission.INVOICE_FINALIZE: "issue, void and credit invoices",
    Permission.PAYMENT_PROCESS: "record and refund payments",
    Permission.FINANCE_EXPORT: "export financial figures",
    Permission.INSIGHT_READ: "see insights",
    Permission.AI_QUERY: "ask questions",
    Permission.DOCUMENT_EDIT: "edit shared notes and reports",
    Permission.SECURITY_READ: "see the security score",
    Permission.SECURITY_MANAGE_POLICY: "change security policy",
    Permission.SSO_MANAGE: "set up single sign-on",
    Permission.APIKEY_MANAGE: "manage API keys",
    Permission.AUDIT_READ: "see the audit log",
    Permission.AUDIT_EXPORT: "export the audit log",
    Permission.COMPLIANCE_MANAGE: "manage compliance and retention",
    Permission.INCIDENT_REPORT: "report an incident",
}

_VIEWER = frozenset(
    {
        Permission.ORGANIZATION_READ,
        Permission.TEAM_READ,
        Permission.MEMBER_READ,
        Permission.CUSTOMER_READ,
        Permission.CULTURE_READ,
        Permission.USAGE_READ,
        Permission.INSIGHT_READ,
        Permission.INCIDENT_REPORT,
    }
)
_MEMBER = _VIEWER | frozenset(
    {
        Permission.CUSTOMER_UPDATE,
        Permission.TELEMETRY_READ,
        Permission.USAGE_MANAGE_ALERTS,
        Permission.AI_QUERY,
        Permission.DOCUMENT_EDIT,
    }
)
_MANAGER = _MEMBER | frozenset(
    {
        Permission.TEAM_CREATE,
        Permission.TEAM_UPDATE,
        Permission.TEAM_MANAGE_MEMBERS,
        Permission.MEMBER_INVITE,
        Permission.CUSTOMER_EXPORT,
        Permission.LICENSE_CREATE,
        Permission.LICENSE_UPDATE_TIER,
        Permission.CULTURE_RECOMPUTE,
        Permission.FINANCE_READ,
        Permission.INVOICE_CREATE,
        Permission.FINANCE_EXPORT,
        Permission.SECURITY_READ,
    }
)
_ADMIN = _MANAGER | frozenset(
    {
        Permission.ORGANIZATION_CREATE,
        Permission.ORGANIZATION_UPDATE,
        Permission.TEAM_DELETE,
        Permission.MEMBER_UPDATE_ROLE,
        Permission.MEMBER_REMOVE,
        Permission.LICENSE_REVOKE,
        Permission.USAGE_MANAGE_LIMITS,
        Permission.FINANCE_MANAGE_COSTS,
        Permission.INVOICE_FINALIZE,
        Permission.PAYMENT_PROCESS,
        Permission.SECURITY_MANAGE_POLICY,
        Permission.SSO_MANAGE,
        Permission.APIKEY_MANAGE,
        Permission.AUDIT_READ,
        Permission.AUDIT_EXPORT,
        Permission.COMPLIANCE_MANAGE,
    }
)
_OWNER = _ADMIN | {Permission.ORGANIZATION_DELETE}

ROLE_PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.OWNER: _OWNER,
    Role.ADMIN: _ADMIN,
    Role.MANAGER: _MANAGER,
    Role.MEMBER: _MEMBER,
    Role.VIEWER: _VIEWER,
}

RANK: dict[Role, int] = {role: rank for rank, role in enumerate(reversed(Role))}


def outranks(one: Role, other: Role) -> bool:
    """Whether `one` stands strictly above `other`: an admin may change a manager, never another admin."""
    return RANK[one] > RANK[other]
