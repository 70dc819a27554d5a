// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaMethodCall;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchRule;
import io.github.mcpoauth.springai.UserToolsAdvisor;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.belongTo;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.type;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

/**
 * The layers of the library, each with the reason that keeps it.
 */
class ArchitectureTests {

	private static final String ROOT = "io.github.mcpoauth";

	private static final Set<String> REACTOR = Set.of(Mono.class.getName(), Flux.class.getName());

	private static final Set<String> SHARED = Set.of("boundedElastic", "parallel", "single");

	private static final Set<String> TIMED = Set.of("timeout", "delay", "interval", "delayElement", "delayElements",
			"delaySubscription", "delaySequence", "take", "skip", "buffer", "bufferTimeout", "window", "windowTimeout",
			"sample", "sampleFirst", "cache", "elapsed", "timed");

	private static final JavaClasses CLASSES = new ClassFileImporter()
		.withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
		.importPackages(ROOT);

	@ParameterizedTest(name = "{0}")
	@MethodSource("layers")
	void layerWhenItUsesAnotherUsesOnlyTheLayersBelow(String layer, List<String> below, String reason) {
		// Threads and shared work serve every layer
		DescribedPredicate<JavaClass> allowed = inLayer(layer).or(inLayer("internal.work"));
		for (String lower : below) {
			allowed = allowed.or(inLayer(lower));
		}
		ArchRule rule = noClasses().that(inLayer(layer))
			.should()
			.dependOnClassesThat(resideInAPackage(ROOT + "..").and(DescribedPredicate.not(allowed)))
			.because(reason)
			.allowEmptyShould(true);
		rule.check(CLASSES);
	}

	/**
	 * A default that the wrapper of a store does not override answers instead of the
	 * store. The short form of {@code save} calls the long one.
	 */
	@Test
	void wrapperWhenItHoldsWhatItImplementsPassesOnEveryMethod() {
		List<String> forgotten = new ArrayList<>();
		for (JavaClass type : CLASSES) {
			if (type.isInterface()) {
				continue;
			}
			for (JavaClass contract : type.getAllRawInterfaces()) {
				boolean holds = type.getAllFields()
					.stream()
					.anyMatch((field) -> field.getRawType().equals(contract)
							&& !field.getModifiers().contains(JavaModifier.STATIC));
				if (holds && contract.getPackageName().equals(ROOT + ".store")) {
					forgotten.addAll(defaults(type.reflect(), contract.reflect()));
				}
			}
		}
		assertThat(forgotten).isEmpty();
	}

	private static List<String> defaults(Class<?> type, Class<?> contract) {
		return Arrays.stream(type.getMethods())
			.filter((method) -> method.isDefault() && method.getDeclaringClass() == contract
					&& !"save".equals(method.getName()))
			.map((method) -> "%s does not override %s".formatted(type.getSimpleName(), method.toGenericString()))
			.toList();
	}

	static Stream<Arguments> layers() {
		return Stream.of(layer("internal.work", "shared work and threads serve every layer, so they know none"),
				layer("internal.text", "text from servers is made harmless before any layer may show it"),
				layer("root", "applications compile against the vocabulary, so it must stand alone", "internal.text"),
				layer("internal.address", "an address is compared in one way, whichever layer asks", "root"),
				layer("event", "a listener compiles against events and the vocabulary only", "root"),
				layer("principal", "a resolver or supplier compiles against the vocabulary only", "root"),
				layer("internal.principal", "a user is found in one way, whichever layer asks"),
				layer("internal.event", "a listener is guarded in one way, whichever layer calls it", "root", "event"),
				layer("internal.manager",
						"settings group what auto-configuration passes to the builder and decide nothing", "root",
						"principal", "internal.protocol", "internal.refresh", "internal.login"),
				layer("grant", "grants are values and pure functions on the vocabulary", "root", "internal.text"),
				layer("internal.protocol", "an exchange follows its RFC and decides nothing, so it needs values only",
						"root", "grant", "event", "internal.address", "internal.text"),
				layer("store", "a store keeps grants and must not know where they come from", "root", "grant"),
				layer("internal.store", "a store keeps grants and must not know where they come from", "root", "grant",
						"event", "store", "internal.text"),
				layer("internal.discovery", "discovery serves both refresh and login, so it knows neither", "root",
						"grant", "event", "internal.address", "internal.protocol", "store", "internal.store",
						"internal.text"),
				layer("internal.refresh", "refresh and login meet in the store, never in code", "root", "grant",
						"event", "internal.event", "principal", "internal.address", "internal.protocol", "store",
						"internal.store", "internal.discovery", "internal.text"),
				layer("internal.registration", "Spring Security keeps these tokens, so nothing here stores or logs in",
						"root", "event", "principal", "internal.principal", "internal.protocol", "internal.refresh",
						"internal.text"),
				layer("internal.login", "refresh and login meet in the store, never in code", "root", "grant", "event",
						"internal.protocol", "store", "internal.store", "internal.discovery", "internal.text"),
				layer("question", "a handler compiles against questions and the vocabulary only", "root", "event"),
				layer("internal.question", "a question is kept in one way, whichever layer asks the user", "root",
						"event", "question", "store", "internal.store"),
				layer("manager", "the manager composes what is below it and is composed by auto-configuration only",
						"root", "grant", "event", "principal", "internal.address", "internal.event", "internal.manager",
						"internal.principal", "internal.protocol", "store", "internal.store", "internal.discovery",
						"internal.refresh", "internal.registration", "internal.login", "internal.httpclient",
						"internal.text", "internal.work", "webclient"),
				layer("webclient", "the filter must work with any manager, also an application's own", "root",
						"internal.address", "internal.text"),
				layer("internal.migration",
						"an import reads and stores the grants of another agent and calls no server", "root", "grant",
						"manager", "store", "internal.address", "internal.store", "internal.text"),
				layer("internal.httpclient", "it sends requests through any filter and knows nothing of their purpose"),
				layer("session", "sessions must work with any manager, also an application's own", "root", "event",
						"principal", "question", "internal.question", "manager", "webclient", "internal.address",
						"internal.httpclient", "internal.principal", "internal.text"),
				layer("springai",
						"the integration with Spring AI must work with any manager, also an application's own", "root",
						"event", "principal", "manager", "session", "webclient", "internal.principal"),
				layer("internal.client", "a document about the client is made and checked without any grant", "root",
						"internal.protocol", "internal.text"),
				layer("command", "a command does nothing that an application could not do itself", "root", "manager",
						"session", "event", "question", "internal.question", "internal.client", "internal.text"),
				layer("internal.web", "the page does nothing that an application could not do itself", "root", "event",
						"manager", "principal", "question", "internal.question", "store", "internal.client",
						"internal.text"),
				layer("actuate", "operators see what the manager says, not what it is made of", "root", "event",
						"principal", "question", "internal.question", "manager", "internal.text"));
	}

	@Test
	void storeWhenItHasImplementationsKnowsNoneOfThem() {
		noClasses().that(resideInAPackage(ROOT + ".store"))
			.should()
			.dependOnClassesThat(resideInAPackage(ROOT + ".internal.store..")
				.and(DescribedPredicate.not(resideInAPackage(ROOT + ".store"))))
			.because("an application's own store must be as good as ours")
			.allowEmptyShould(true)
			.check(CLASSES);
	}

	@Test
	void bootWhenUsedIsUsedAtTheEdgesOnly() {
		noClasses().that(resideInAPackage(ROOT + ".."))
			.and(DescribedPredicate
				.not(resideInAnyPackage(ROOT + ".autoconfigure..", ROOT + ".actuate..", ROOT + ".command..")))
			.should()
			.dependOnClassesThat(resideInAPackage("org.springframework.boot.."))
			.because("the library must be usable and testable without an application context")
			.allowEmptyShould(true)
			.check(CLASSES);
	}

	@Test
	void chatClientWhenUsedIsUsedByItsAdvisorOnly() {
		noClasses().that(resideInAPackage(ROOT + ".springai.."))
			.and(DescribedPredicate.not(belongTo(type(UserToolsAdvisor.class))))
			.should()
			.dependOnClassesThat(
					resideInAPackage("org.springframework.ai.chat.client..").or(type(UserToolsAdvisor.class)))
			.because("an application that uses Spring AI's MCP client without a chat client must start")
			.check(CLASSES);
	}

	@Test
	@DisplayName("Law 18: our work runs on our threads")
	void schedulerWhenNeededIsOneOfOurs() {
		noClasses().that(resideInAPackage(ROOT + ".."))
			.should()
			.callMethodWhere(sharedScheduler().or(unscheduled()))
			.because("an application fills Reactor's shared schedulers with calls that wait for a token, "
					+ "and the work that gets the token must not wait behind them")
			.check(CLASSES);
	}

	private static DescribedPredicate<JavaMethodCall> sharedScheduler() {
		return DescribedPredicate.describe("name a shared scheduler",
				(call) -> call.getTargetOwner().isEquivalentTo(Schedulers.class)
						&& SHARED.contains(call.getTarget().getName()));
	}

	private static DescribedPredicate<JavaMethodCall> unscheduled() {
		return DescribedPredicate.describe("measure time on a shared scheduler",
				(call) -> REACTOR.contains(call.getTargetOwner().getFullName())
						&& TIMED.contains(call.getTarget().getName()) && takes(call, Duration.class)
						&& !takes(call, Scheduler.class));
	}

	private static boolean takes(JavaMethodCall call, Class<?> type) {
		return call.getTarget().getRawParameterTypes().stream().anyMatch((parameter) -> parameter.isEquivalentTo(type));
	}

	@Test
	void autoconfigureWhenUsedIsUsedByNobody() {
		noClasses().that(DescribedPredicate.not(resideInAPackage(ROOT + ".autoconfigure..")))
			.should()
			.dependOnClassesThat(resideInAPackage(ROOT + ".autoconfigure.."))
			.because("dependencies point inwards and auto-configuration is the outermost layer")
			.allowEmptyShould(true)
			.check(CLASSES);
	}

	private static Arguments layer(String name, String reason, String... below) {
		return Arguments.of(name, Arrays.asList(below), reason);
	}

	private static DescribedPredicate<JavaClass> inLayer(String name) {
		return "root".equals(name) ? resideInAPackage(ROOT) : resideInAPackage(ROOT + "." + name + "..");
	}

}
