from storefront.identity.passwords import Passwords


async def test_a_password_belongs_to_its_hash_only() -> None:
    passwords = Passwords(1)
    kept = await passwords.hash("correct horse battery staple")
    assert kept.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert await passwords.verify("correct horse battery staple", kept)
    assert not await passwords.verify("correct horse battery stapler", kept)


async def test_nobody_has_the_password_of_nobody() -> None:
    assert not await Passwords(1).verify("the password of nobody", None)
