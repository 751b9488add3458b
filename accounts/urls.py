"""Pages about the account itself: its API keys, its team, its trail, its opening, and moving between accounts."""

from django.urls import path

from accounts.api_keys import views as api_keys
from accounts.centre import views as centre
from accounts.centre import views_clocks as clocks
from accounts.centre import views_inbox as inbox
from accounts.centre import views_requests as rights
from accounts.centre import views_text as text
from accounts.closure import views as closure
from accounts.duty import views as duty
from accounts.erasure import views as erasure
from accounts.people import views as people
from accounts.policy_notices import views as policy_notices
from accounts.teams import views as teams
from accounts.teams import views_join as join
from accounts.teams import views_team as team
from accounts.trail import views as trail

urlpatterns = [
    path("api-keys/", api_keys.api_keys, name="api_keys"),
    path("api-keys/new/", api_keys.api_key_new, name="api_key_new"),
    path("api-keys/<uuid:key_id>/", api_keys.api_key, name="api_key"),
    path("api-keys/<uuid:key_id>/change/", api_keys.api_key_change, name="api_key_change"),
    path("api-keys/<uuid:key_id>/second-secret/", api_keys.api_key_secret, name="api_key_secret"),
    path("api-keys/<uuid:key_id>/stop-former/", api_keys.api_key_former, name="api_key_former"),
    path("api-keys/<uuid:key_id>/revoke/", api_keys.api_key_revoke, name="api_key_revoke"),
    path("account/open/", teams.account_open, name="account_open"),
    path("account/switch/", teams.account_switch, name="account_switch"),
    path("account/settings/", teams.account_settings, name="account_settings"),
    path("staff/duty/", duty.staff_duty, name="staff_duty"),
    path("profile/", people.profile, name="profile"),
    path("profile/language/", people.language, name="language"),
    path("profile/sessions/", people.sessions_end, name="sessions_end"),
    path("team/", team.team, name="team"),
    path("team/invite/", team.team_invite, name="team_invite"),
    path("team/leave/", team.team_leave, name="team_leave"),
    path("team/invitations/<uuid:invitation_id>/resend/", team.invitation_resend, name="invitation_resend"),
    path(
        "team/invitations/<uuid:invitation_id>/withdraw/",
        team.invitation_withdraw,
        name="invitation_withdraw",
    ),
    path("team/members/<uuid:member_id>/role/", team.member_role, name="member_role"),
    path("team/members/<uuid:member_id>/remove/", team.member_remove, name="member_remove"),
    path("invitations/accept/", join.invitation_accept, name="invitation_accept"),
    path("invitations/<str:token>/", join.invitation_follow, name="invitation_follow"),
    path("privacy/", centre.centre, name="privacy_centre"),
    path("privacy/held/", centre.privacy_held, name="privacy_held"),
    path("privacy/export/", centre.privacy_export, name="privacy_export"),
    path("privacy/export/<uuid:job_id>/", centre.export_fetch, name="export_fetch"),
    path("privacy/delete/", erasure.privacy_delete, name="privacy_delete"),
    path("privacy/deleted/", erasure.privacy_deleted, name="privacy_deleted"),
    path("privacy/close-account/", closure.account_close, name="account_close"),
    path("privacy/close-account/cancel/", closure.account_close_cancel, name="account_close_cancel"),
    path("privacy/close-account/return/", closure.account_return_fetch, name="account_return_fetch"),
    path(
        "privacy/close-account/return/confirm/", closure.account_return_confirm, name="account_return_confirm"
    ),
    path("privacy/requests/", rights.requests, name="requests"),
    path("privacy/requests/new/<slug:kind>/", rights.request_new, name="request_new"),
    path("privacy/requests/<slug:reference>/", rights.one_request, name="request"),
    path("privacy/inbox/", inbox.inbox, name="inbox"),
    path("privacy/inbox/<slug:reference>/", inbox.inbox_answer, name="inbox_answer"),
    path("privacy/ask/", rights.ask, name="ask"),
    path("privacy/ask/<str:token>/", rights.ask_confirm, name="ask_confirm"),
    path("privacy/end-user-text/", text.end_user_text, name="end_user_text"),
    path("privacy/periods/", clocks.privacy_clocks, name="privacy_clocks"),
    path("privacy/policy-seen/", policy_notices.policy_seen, name="policy_seen"),
    path("audit/", trail.audit, name="audit"),
]
