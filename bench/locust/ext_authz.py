"""Users of an API behind Envoy and Sluice, who present a token again and again.

ACCESS_TOKEN is the token, of all of them. AUTH_METHOD=header or AUTH_METHOD=cookie leaves one of the
two kinds of users; without it there are both.
"""

import os

from locust import FastHttpUser, between, task

PATH = "/api/v1/auth/ping"
COOKIE = "s_access"


def read_token():
    token = os.environ.get("ACCESS_TOKEN", "")
    if token == "":
        raise SystemExit("ACCESS_TOKEN is not set: a token that the service accepts is wanted")
    return token


def read_method():
    method = os.environ.get("AUTH_METHOD")
    if method not in (None, "header", "cookie"):
        raise SystemExit(f"AUTH_METHOD is {method!r}: header, cookie or nothing is wanted")
    return method


TOKEN = read_token()
METHOD = read_method()


class BearerUser(FastHttpUser):
    abstract = True
    # A user makes one request in two seconds, which is what bounds the rate of so many users.
    wait_time = between(1, 3)
    credential = {}

    @task
    def ping(self):
        self.client.get(PATH, headers=self.credential)


class ExtAuthzHeaderUser(BearerUser):
    abstract = METHOD == "cookie"
    credential = {"authorization": f"Bearer {TOKEN}"}


class ExtAuthzCookieUser(BearerUser):
    abstract = METHOD == "header"
    credential = {"cookie": f"{COOKIE}={TOKEN}"}
