public import Bytes
public import HTTP1
public import JOSE

/// The gate that each connection passes: finds the token, verifies it with the provider's keys, and holds it against the
/// listener's policy.
///
/// One in each worker, for one provider; policies may differ by listener. No I/O: what it needs from the provider it asks
/// of ``keys``, whose driver fetches it.
///
/// Rules:
/// 1. Nothing is admitted without usable keys, remembered verdicts included.
/// 2. What can be refused without keys is refused without waiting for them.
/// 3. Only a token that would pass if its signature were good may trigger a refresh, and wait for it.
/// 4. A request waits once. What it meets afterwards is its answer.
public struct TokenGate: Sendable {
    /// The provider's keys. The driver calls their transitions on this very value.
    public var keys: KeyCache
    /// How many verdicts came from the cache, and how many tokens were verified.
    public private(set) var counts = TokenGateCounts()

    private let verifier: SignatureVerifier
    private var verdicts: VerdictCache

    /// A gate.
    ///
    /// - Parameters:
    ///   - keys: The provider's keys.
    ///   - algorithms: The signature algorithms that are accepted.
    ///   - verdictCapacity: How many good verdicts are remembered at most (about 200 bytes each, and what the token says
    ///     about its bearer); 0 for none.
    public init(
        keys: KeyCache, algorithms: Set<Algorithm> = Set(Algorithm.allCases), verdictCapacity: Int = 4096
    ) {
        self.keys = keys
        // `typ` is a matter of the policy, which may differ by listener.
        self.verifier = SignatureVerifier(algorithms: algorithms, types: .any)
        self.verdicts = VerdictCache(capacity: verdictCapacity)
    }

    /// Judges `request`.
    ///
    /// - Parameters:
    ///   - request: The head of the request.
    ///   - sources: Where the listener looks for tokens.
    ///   - policy: What it demands of them.
    ///   - now: For the keys' schedule.
    ///   - time: For the times in the token.
    ///   - afterRefresh: Whether the request has already waited for keys; it isn't told to do so again.
    public mutating func judge(
        _ request: RequestHead, sources: TokenSources, policy: ClaimsPolicy, at now: MonotonicTime, time: UnixTime,
        afterRefresh: Bool = false
    ) -> GateVerdict {
        let token: PresentedToken
        do throws(GateRefusal) { token = try sources.token(of: request) } catch { return .refused(error) }
        return judge(token, policy: policy, at: now, time: time, afterRefresh: afterRefresh)
    }

    /// Judges a token that was found before; see ``judge(_:sources:policy:at:time:afterRefresh:)``.
    public mutating func judge(
        _ token: PresentedToken, policy: ClaimsPolicy, at now: MonotonicTime, time: UnixTime, afterRefresh: Bool = false
    ) -> GateVerdict {
        let usable = keys.usableKeys(at: now)
        let key = VerdictCache.Key(token: Digest.sha256(token.bytes), policy: policy.id)
        if usable != nil, let known = verdicts.entry(for: key, generation: keys.generation, at: time) {
            counts.remembered += 1
            return .admitted(admission(known.identity, token, isRemembered: true))
        }
        do throws(GateRefusal) {
            let jws = try Self.parse(token.bytes)
            do throws(JOSEError) {
                // Without keys: what the verifier finds wrong before it looks for one is wrong all the same.
                try verifier.verify(jws, with: usable ?? JWKSet(keys: []))
            } catch {
                guard error.mayBeCuredByFreshKeys else { throw .signature(error) }
                guard usable != nil else { return awaitFirstKeys(at: now, afterRefresh: afterRefresh) }
                return awaitNewerKeys(jws, error, policy, at: now, time: time, afterRefresh: afterRefresh)
            }
            guard let issuer = keys.issuer else { return awaitFirstKeys(at: now, afterRefresh: true) }
            counts.verified += 1
            let identity = try Self.identity(jws, issuer, policy, at: time)
            let end = identity.expiry.adding(seconds: policy.boundedLeeway)
            verdicts.store(.init(identity: identity, end: end), for: key, generation: keys.generation)
            return .admitted(admission(identity, token, isRemembered: false))
        } catch {
            return .refused(error)
        }
    }

    // MARK: Steps

    /// The token taken apart. A token within a token is nothing to look for claims in (RFC 7519 section 5.2).
    static func parse(_ token: [UInt8]) throws(GateRefusal) -> JWS {
        let jws: JWS
        // The limit was applied where the token was found, and may be the operator's own.
        let limits = JWS.Limits(maxBytes: token.count)
        do throws(JWSError) { jws = try JWS(compact: token.span, limits: limits) } catch {
            throw .malformedToken(error)
        }
        guard !jws.header.isNested else { throw .signature(.nested) }
        return jws
    }

    /// What the token says about its bearer, if the policy lets it pass.
    private static func identity(
        _ jws: JWS, _ issuer: String, _ policy: ClaimsPolicy, at time: UnixTime
    ) throws(GateRefusal) -> TokenIdentity {
        let claims: ClaimsSet
        do throws(ClaimsError) { claims = try ClaimsSet(payload: jws.payload) } catch { throw .malformedClaims(error) }
        if let refusal = policy.refusal(of: claims, header: jws.header, issuer: issuer, at: time) { throw refusal }
        guard let expiry = claims.expiration else { throw .noExpiry }
        return TokenIdentity(
            subject: claims.subject, clientID: claims.clientID, tokenID: claims.jwtID, expiry: expiry)
    }

    /// Rule 1: there are no keys. A flight under way is worth waiting for; a pause between two isn't.
    private func awaitFirstKeys(at now: MonotonicTime, afterRefresh: Bool) -> GateVerdict {
        if !afterRefresh, keys.isFetching || now >= keys.nextWake { return .awaitKeys(.noKeys) }
        let pause = keys.isFetching ? .seconds(1) : keys.nextWake - now
        let seconds = pause.components.seconds + (pause.components.attoseconds > 0 ? 1 : 0)
        return .unavailable(KeysUnavailable(retryAfter: max(1, seconds), lastFailure: keys.lastFailure))
    }

    /// Rules 3 and 4: the keys at hand don't verify the token.
    private mutating func awaitNewerKeys(
        _ jws: JWS, _ error: JOSEError, _ policy: ClaimsPolicy, at now: MonotonicTime, time: UnixTime,
        afterRefresh: Bool
    ) -> GateVerdict {
        // What the claims say isn't verified, so a failure here is not told: the answer stays that of the signature.
        guard !afterRefresh, let issuer = keys.issuer,
            (try? Self.identity(jws, issuer, policy, at: time)) != nil,
            case .awaited = keys.requestRefresh(at: now)
        else { return .refused(.signature(error)) }
        return .awaitKeys(error == .badSignature ? .badSignature : .unknownKey)
    }

    private func admission(_ identity: TokenIdentity, _ token: PresentedToken, isRemembered: Bool) -> Admission {
        Admission(
            identity: identity, source: token.source, subprotocols: token.subprotocols, isRemembered: isRemembered)
    }
}

/// How the gate came to its verdicts.
public struct TokenGateCounts: Sendable, Equatable {
    /// Admissions from the verdict cache.
    public var remembered: UInt64 = 0
    /// Tokens whose signature was found good.
    public var verified: UInt64 = 0
}
