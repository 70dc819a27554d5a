// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth;

import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchRule;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

/**
 * The layers of the library, each with the reason that keeps it.
 */
class ArchitectureTests {

	private static final String ROOT = "io.github.mcpoauth";

	private static final JavaClasses CLASSES = new ClassFileImporter()
		.withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
		.importPackages(ROOT);

	@ParameterizedTest(name = "{0}")
	@MethodSource("layers")
	void layerWhenItUsesAnotherUsesOnlyTheLayersBelow(String layer, List<String> below, String reason) {
		DescribedPredicate<JavaClass> allowed = inLayer(layer);
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

	static Stream<Arguments> layers() {
		return Stream.of(layer("root", "applications compile against the vocabulary, so it must stand alone"),
				layer("grant", "grants are values and pure functions on the vocabulary", "root"),
				layer("protocol", "an exchange follows its RFC and decides nothing, so it needs values only", "root",
						"grant"),
				layer("store", "a store keeps grants and must not know where they come from", "root", "grant"),
				layer("discovery", "discovery serves both refresh and login, so it knows neither", "root", "grant",
						"protocol", "store"),
				layer("refresh", "refresh and login meet in the store, never in code", "root", "grant", "protocol",
						"store", "discovery"),
				layer("login", "refresh and login meet in the store, never in code", "root", "grant", "protocol",
						"store", "discovery"),
				layer("manager", "the manager composes what is below it and is composed by auto-configuration only",
						"root", "grant", "protocol", "store", "discovery", "refresh", "login", "webclient"),
				layer("webclient", "the filter must work with any manager, also an application's own", "root"),
				layer("migration", "what another agent stored is read and stored here, and nothing is asked of anybody",
						"root", "grant", "store"),
				layer("httpclient", "it sends requests through any filter and knows nothing of what they are for"),
				layer("session", "sessions must work with any manager, also an application's own", "root",
						"httpclient"),
				layer("springai",
						"what Spring AI makes of sessions must work with any manager, also an application's own",
						"root", "session"),
				layer("command", "a command does nothing that an application could not do itself", "root"),
				layer("web", "the page does nothing that an application could not do itself", "root"),
				layer("actuate", "operators see what the manager says, not what it is made of", "root"));
	}

	@Test
	void storeWhenItHasImplementationsKnowsNoneOfThem() {
		noClasses().that(resideInAPackage(ROOT + ".store"))
			.should()
			.dependOnClassesThat(resideInAPackage(ROOT + ".store.(*)..")
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
