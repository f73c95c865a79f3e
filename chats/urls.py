from django.urls import path

from chats import views

urlpatterns = [
    path("console/", views.console, name="console"),
    path("console/ticket", views.ticket, name="console_ticket"),
    path("console/ended", views.ended, name="console_ended"),
]
