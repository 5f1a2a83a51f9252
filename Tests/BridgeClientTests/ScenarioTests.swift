import Testing

@testable import BridgeClient

@Suite struct ScenarioTests {
    @Test func scenariosAreChosenByNumberOrName() {
        #expect(Scenario.list("1,3") == [.configuration, .echo])
        #expect(Scenario.list("rejection, token") == [.token, .rejection])
        #expect(Scenario.list("2,token,2") == [.token])
        #expect(Scenario.list("") == nil)
        #expect(Scenario.list("5") == nil)
        #expect(Scenario.list("1,") == nil)
        #expect(Scenario.list("echo;token") == nil)
    }

    @Test func theDefaultsAreThoseOfTheSettings() {
        let options = ScenarioOptions()
        #expect(options.bridge.description == "127.0.0.1:10000")
        #expect(options.frontDoor.description == "127.0.0.1:11080")
        #expect(options.rejection == 403)
    }
}
