/// Something that lives on a host's thread. Elsewhere it can be carried about, but not looked at.
///
/// The safety is the rule of ``MockHost``: `value` is read only inside the jobs that run on its thread.
@safe
struct LoopBound<Value>: @unchecked Sendable {
    /// For the host's thread only.
    let value: Value

    init(_ value: Value) { self.value = value }
}
