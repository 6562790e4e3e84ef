/**
 * Public keys, a certificate and signatures made once with OpenSSL (`openssl dgst -sha256 -sign`); the private keys were thrown away.
 * They witness that the library under this process reads what another library wrote.
 */
export const signedText = 'Keyturn self-test: signed by OpenSSL'

export const rsaPublicKey = `-----BEGIN PUBLIC KEY-----
MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA0zkQIztYk+3lilFGWWey
OcjGIZUUELDKMWYjwnQuzrnyFNIbbxx7zAbhJDVO/5FWVyyqm3mx3nwA2+HCRek9
cQsbeNjh/je5tRv2KEhJAncI0JhLyHj5YEQhKavcxufbLDepiBRHyO5oO3ZgWcyv
ghNZeSwUzm5xReYNxAm46d8pMWnHpo+dV/g0IDGmlwAiFhqS+d7fvl0IWuI2qHY6
XNVlu/5i2qlilzmQ/rhRqCHIGGdmfeQvl3pST30Dqwd4aCUzTy9kslp9mK7Q8N2d
T+0VKfOCt6KKJP2rhb3pMZ7BwyBKFaJhmiKSWuBYNFVg4JmpgbavnvqLdgaiSv7c
7wIDAQAB
-----END PUBLIC KEY-----
`

export const rsaSignature =
  'AWoyYt+vIepedFbHQWcMbEqH/WCN+K3c48ME5DsNQezVH64aACyJeQZ1J2f6UD/bNruwptSDcG9lp2cSKU8E6hTmsoDjpxLN' +
  '040FNutZYj3o4TKSlkbqjNk6yKyEjCS9ek36NRiFl8xdDdqfLI21e5cmF5C5yzakZml7rRY0TfAotex55t1z7oSjUNOzwGp7' +
  '3d6Fhz13NeMuVfsjQTjk4tW++vnw7TvobHM/1xn+mkdrowNcu1bFbUIXs/hRAdHytDYaKYePUtG2GdGPF5huRzw5mvQ+ZR8h' +
  'xkyOuKgWHQa2rY5sThrlDxoVuCzB7j/I/F+fDADAJoAJc6nvVIqVyQ=='

export const ecPublicKey = `-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEGSM+PCiJi41wouDGKsxF/SlueEMl
9HA2lqtSfoWdNyD0mnTVOAx1Qrqk6bvJh2nt23riVMVCKxHDfgV8dNwFqw==
-----END PUBLIC KEY-----
`

export const ecSignature =
  'MEQCIHgkxqL0RxiuF1feb+aQkiXRh+V5ocNM/SMHUlPvdfUCAiAMHWVuHzTdchFas9OdzWfS4p66YRN6SnMI7uZNuPjWgg=='

export const certificate = `-----BEGIN CERTIFICATE-----
MIIBkDCCATWgAwIBAgIUDNWcCzGvFmbqIzn0sAGN33+cTOUwCgYIKoZIzj0EAwIw
HDEaMBgGA1UEAwwRa2V5dHVybi1zZWxmLXRlc3QwIBcNMjYxMTIyMDIzNTQzWhgP
MjEyNjEwMjkwMjM1NDNaMBwxGjAYBgNVBAMMEWtleXR1cm4tc2VsZi10ZXN0MFkw
EwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEGSM+PCiJi41wouDGKsxF/SlueEMl9HA2
lqtSfoWdNyD0mnTVOAx1Qrqk6bvJh2nt23riVMVCKxHDfgV8dNwFq6NTMFEwHQYD
VR0OBBYEFNKp8H+7ihp1QdqgD+wQsPZqBqs2MB8GA1UdIwQYMBaAFNKp8H+7ihp1
QdqgD+wQsPZqBqs2MA8GA1UdEwEB/wQFMAMBAf8wCgYIKoZIzj0EAwIDSQAwRgIh
AIVnMx/5XFSqZetp2SFyQVXkYzavvhHU9U1+RV1mQAeFAiEAxryttrdfUH/AdJlt
wh+nYBe7pXyh99t8l/gCmIhXFyI=
-----END CERTIFICATE-----
`
