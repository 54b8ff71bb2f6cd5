import assert from 'node:assert/strict'
import type { Procedure } from '../../../collector/libvirt/procedures.ts'
import { authenticate, saslInit, saslStart, saslStep, scramClient } from '../../../collector/libvirt/sasl.ts'
import { Secret } from '../../../config/fields.ts'

/** The exchange of RFC 7677, section 3. */
const rfc = {
  nonce: 'rOprNGfwEbeRWgbNEkqO',
  challenge: 'r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096',
  proof: 'c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=',
  final: 'v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=',
}

describe('SCRAM-SHA-256', () => {
  const client = () => scramClient('sha256', 'user', 'pencil', rfc.nonce)

  it('speaks as in RFC 7677', async () => {
    const scram = client()
    assert.equal(scram.first, `n,,n=user,r=${rfc.nonce}`)
    assert.equal(await scram.answer(rfc.challenge), rfc.proof)
    scram.verify(rfc.final)
  })

  it('does not believe a server that cannot prove that it knows the password', async () => {
    const scram = client()
    await scram.answer(rfc.challenge)
    assert.throws(() => scram.verify('v=AAAATRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4='), /could not prove/)
    assert.throws(() => client().verify(rfc.final), /could not prove/)
  })

  const refuses = (what: string, challenge: string) => it(`refuses ${what}`, () => assert.rejects(client().answer(challenge)))
  refuses('a challenge to somebody else', rfc.challenge.replace('rOpr', 'XXXX'))
  refuses('a nonce without anything of the server’s', `r=${rfc.nonce},s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096`)
  refuses('less work than the RFC asks', rfc.challenge.replace('4096', '1'))
  refuses('work without end', rfc.challenge.replace('4096', '99999999999'))
  refuses('nothing', '')
})

describe('a login by SASL', () => {
  const login = { user: 'specola', password: new Secret('pencil') }
  const daemon =
    (mechanisms: string) =>
    async <A, R>(procedure: Procedure<A, R>): Promise<R> => {
      if (procedure.number === saslInit.number) return mechanisms as R
      assert.ok(procedure.number === saslStart.number || procedure.number === saslStep.number)
      return { complete: true, data: Buffer.from('v=bm9uc2Vuc2U=') } as R
    }

  it('says what to set when there is none', () =>
    assert.rejects(authenticate(daemon('SCRAM-SHA-256'), 'hv-07', undefined), /hv-07: asks for a login by SASL \(set sasl/))
  it('says what the daemon offers when it is nothing of ours', () =>
    assert.rejects(authenticate(daemon('GSSAPI,DIGEST-MD5'), 'hv-07', login), /offers GSSAPI, DIGEST-MD5 but not SCRAM-SHA-256/))
  it('tells who could not get in, and never the password', () =>
    assert.rejects(authenticate(daemon('SCRAM-SHA-256'), 'hv-07', login), (error: Error) => {
      assert.match(error.message, /hv-07: login of specola by SCRAM-SHA-256/)
      return !error.message.includes('pencil')
    }))
})
