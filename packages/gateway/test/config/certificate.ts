import { createPrivateKey, generateKeyPairSync } from 'node:crypto'

/** A certificate for localhost, signed by itself and good for a hundred years. Its key is no secret. */
const DER = [
  'MIIBfzCCASWgAwIBAgIUJWUnRsg6mJt4A1jvKp/LOfZK23owCgYIKoZIzj0EAwIwFDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2',
  'MTEyMDIyNDIzNFoYDzIxMjYxMDI3MjI0MjM0WjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNC',
  'AATWxsRGNMITV/h7cYDeqGLsbrw251/VFtBmNn1Xs+p7y5HvoL4WMhpZlbvDY3eARshmhQQtR+lala4aLZKYREzRo1MwUTAdBgNV',
  'HQ4EFgQUsByx18j0xkFm1t/r/sAz521EWeowHwYDVR0jBBgwFoAUsByx18j0xkFm1t/r/sAz521EWeowDwYDVR0TAQH/BAUwAwEB',
  '/zAKBggqhkjOPQQDAgNIADBFAiEA9le7jFkp2djGYadMwTLSoI+e6YfW9seZs93tZr2TYNoCIE90v07aSoH5gpD7IR3YW9TM03Gi',
  'NkZSP3XvV7hJVFSy',
].join('')

export const CERTIFICATE = `-----BEGIN CERTIFICATE-----\n${DER}\n-----END CERTIFICATE-----\n`

const jwk = {
  kty: 'EC',
  crv: 'P-256',
  x: '1sbERjTCE1f4e3GA3qhi7G68Nudf1RbQZjZ9V7Pqe8s',
  y: 'ke-gvhYyGlmVu8Njd4BGyGaFBC1H6VqVrhotkphETNE',
  d: '5DiheiKudTB_lWgGlEMqSrukUryDwjVkXEj0RcwsfCU',
}

export const KEY = createPrivateKey({ key: jwk, format: 'jwk' }).export({ format: 'pem', type: 'pkcs8' })

export const OTHER_KEY = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({
  format: 'pem',
  type: 'pkcs8',
})
