internal import Bytes
internal import HTTP1
internal import JOSE
internal import OIDC
internal import Settings

// From settings to what the protocol parts take.

extension Settings {
    /// Where the provider's keys come from; nil when no provider is configured.
    func keySource() throws(StartError) -> KeySource? {
        do throws(HTTPURLError) {
            if let jwks = oidc.jwksURI, let issuer = oidc.issuer {
                return .keys(try HTTPURL(jwks.text), issuer: issuer)
            }
            guard let discovery = oidc.discovery else { return nil }
            return .discovery(try HTTPURL(discovery.text), issuer: oidc.issuer)
        } catch {
            throw StartError("oidc: \(error)")
        }
    }

    /// When keys are fetched and how long they serve.
    var keyTiming: KeyTiming {
        var timing = KeyTiming()
        timing.cooldown = oidc.cooldown
        timing.minimumAge = oidc.minAge
        timing.maximumAge = oidc.maxAge
        timing.maximumMetadataAge = oidc.discoveryMaxAge
        timing.staleLimit = oidc.staleFor
        timing.fetchTimeout = oidc.fetchTimeout
        return timing
    }

    /// How large the provider's documents may be.
    var documentLimits: DocumentLimits {
        DocumentLimits(discovery: limits.maxDiscoveryBytes, keySet: limits.maxJWKSBytes)
    }

    /// The signature algorithms that are accepted.
    var algorithms: Set<Algorithm> { Set(oidc.algorithms.compactMap { Algorithm(rawValue: $0.rawValue) }) }

    /// Where `listener` looks for tokens.
    var tokenSources: TokenSources {
        let enabled = oidc.tokenSources.compactMap { TokenSource(rawValue: $0.rawValue) }
        return TokenSources(Set(enabled), cookieName: oidc.cookie, maxTokenBytes: limits.maxTokenBytes)
    }

    /// What the listener at `index` demands of tokens.
    func claimsPolicy(_ index: Int) -> ClaimsPolicy {
        let asked = listeners[index].policy
        var policy = ClaimsPolicy(id: index)
        policy.audience = asked.audience
        policy.audienceClaims = oidc.audienceClaim
        policy.leeway = oidc.leeway.components.seconds
        policy.scopes = asked.requiredScopes
        policy.claims = asked.requiredClaims.map { .init(name: $0.name, accepted: $0.values) }
        policy.types = oidc.tokenTypes
        policy.typeMayBeMissing = !oidc.tokenTypeRequired
        policy.tokenUses = oidc.tokenUse
        return policy
    }

    /// Bounds of request heads.
    var headLimits: HeadLimits {
        HeadLimits(
            maxHeadBytes: limits.maxHeadBytes, maxTargetBytes: limits.maxTargetBytes, maxFields: limits.maxFields)
    }
}
